//! Target for RDB: files from anywhere.

use engine::persist::rdb::{Decoder, Event, Writer, codes::kind, unseal_dump};

/// Any bytes are a file or a decode error, the same one when they come byte by byte; and the strings in
/// it survive being written and read again.
pub fn rdb(data: &[u8]) {
    let whole = events(std::iter::once(data));
    assert_eq!(whole, events(data.chunks(1)));
    if let Ok((_, mut value)) = unseal_dump(data) {
        // Whatever this comes to, it must come to something.
        let _ = value.string();
    }
}

/// What a file that comes in `pieces` says, and the error it ends in.
fn events<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> Vec<String> {
    let (mut decoder, mut seen) = (Decoder::new(), Vec::new());
    for piece in pieces {
        decoder.push(piece);
        loop {
            match decoder.next_event() {
                Ok(Some(event)) => {
                    check_round_trip(&event);
                    seen.push(format!("{event:?}"));
                }
                Ok(None) => break,
                Err(error) => {
                    seen.push(format!("{error:?}"));
                    return seen;
                }
            }
        }
    }
    seen.push(format!("{:?}", decoder.finish()));
    seen
}

fn check_round_trip(event: &Event) {
    let Event::Entry(entry) = event else { return };
    let mut reader = entry.reader();
    let Some(value) = (entry.kind == kind::STRING).then(|| reader.string().ok()).flatten() else { return };
    assert_eq!(reader.end(), Ok(()));
    let mut writer = Writer::new(true);
    writer.magic();
    writer.entry(&entry.attributes, kind::STRING, &entry.key);
    writer.string(&value);
    let mut decoder = Decoder::new();
    decoder.push(&writer.take());
    let Ok(Some(Event::Entry(again))) = decoder.next_event() else { panic!("{entry:?} was lost") };
    assert_eq!((again.attributes, &again.key), (entry.attributes, &entry.key));
    assert_eq!(again.reader().string(), Ok(value));
}
