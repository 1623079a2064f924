//! What single directives ask of their value beyond its kind.

use super::Config;
use super::generated::Id;
use super::value::{Reason, Value};

/// Refuses a value that its directive cannot mean, with Redis's text.
pub fn check(id: Id, value: &Value) -> Result<(), Reason> {
    match (id, value) {
        (Id::Dbfilename, Value::Text(text)) if text.contains(&b'/') => {
            Err("dbfilename can't be a path, just a filename".into())
        }
        (Id::Appendfilename, Value::Text(text)) => plain_name("appendfilename", "filename", text),
        (Id::Appenddirname, Value::Text(text)) => plain_name("appenddirname", "dirname", text),
        (Id::ClusterAnnounceHostname, Value::Text(text)) => hostname(text),
        (Id::ProcTitleTemplate, Value::Text(text)) if !template_is_valid(text) => {
            Err("template format is invalid or contains unknown variables".into())
        }
        (Id::LocaleCollate, Value::Text(text)) if !matches!(text.as_slice(), b"" | b"C" | b"POSIX") => {
            Err("Invalid locale name".into())
        }
        (Id::ArraySliceSize, Value::Integer(size)) if !(*size as u64).is_power_of_two() => {
            Err("array-slice-size must be a power of two".into())
        }
        // The bits of "save" and "nosave", the second and third values of the row.
        (Id::ShutdownOnSigint | Id::ShutdownOnSigterm, Value::Choice(bits)) if bits & 0b11 == 0b11 => {
            Err("shutdown options SAVE and NOSAVE can't be used simultaneously".into())
        }
        _ => Ok(()),
    }
}

/// Refuses a value that does not go with those of other directives.
pub fn beside(config: &Config, id: Id, value: &Value) -> Result<(), Reason> {
    let other = |id| match config.value(id) {
        Value::Integer(number) => *number,
        other => unreachable!("{id:?} is no number but {other:?}"),
    };
    match (id, value) {
        (Id::ArraySparseKmax, Value::Integer(most)) if *most > 0 && *most <= other(Id::ArraySparseKmin) => {
            Err("array-sparse-kmax must be greater than array-sparse-kmin when non-zero".into())
        }
        (Id::ArraySparseKmin, Value::Integer(least))
            if other(Id::ArraySparseKmax) > 0 && *least >= other(Id::ArraySparseKmax) =>
        {
            Err("array-sparse-kmin must be less than array-sparse-kmax".into())
        }
        _ => Ok(()),
    }
}

fn plain_name(directive: &str, what: &str, text: &[u8]) -> Result<(), Reason> {
    if text.is_empty() {
        return Err(format!("{directive} can't be empty").into());
    }
    if text.contains(&b'/') {
        return Err(format!("{directive} can't be a path, just a {what}").into());
    }
    Ok(())
}

fn hostname(text: &[u8]) -> Result<(), Reason> {
    if text.len() >= 256 {
        return Err("Hostnames must be less than 256 characters".into());
    }
    let fits = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
    if !text.iter().all(fits) {
        return Err("Hostnames may only contain alphanumeric characters, hyphens or dots".into());
    }
    Ok(())
}

/// Whether every `{` of a process title opens a known variable.
fn template_is_valid(text: &[u8]) -> bool {
    const KNOWN: [&[u8]; 7] =
        [b"title", b"listen-addr", b"server-mode", b"port", b"tls-port", b"unixsocket", b"config-file"];
    let mut pieces = text.split(|byte| *byte == b'{');
    pieces.next();
    let known = |piece: &[u8]| match piece.iter().position(|byte| *byte == b'}') {
        Some(end) => KNOWN.contains(&&piece[..end]),
        None => false,
    };
    !text.is_empty() && pieces.all(known)
}
