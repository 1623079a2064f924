//! COMMAND DOCS: the documentation and the argument grammar of commands.

use super::command::simple_set;
use crate::args::Args;
use crate::command::{self, Argument, Command};
use crate::ctx::Ctx;
use crate::error::CommandError;
use crate::reply::Reply;

pub(crate) fn docs(ctx: &mut Ctx<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    if args.remaining() == 0 {
        return table(&mut ctx.reply, command::all());
    }
    ctx.reply.deferred_map(|reply| {
        let mut found = 0;
        while let Some(name) = args.next() {
            if let Some(command) = command::lookup_full(name) {
                entry(reply, command);
                found += 1;
            }
        }
        found
    });
    Ok(())
}

fn table(reply: &mut Reply<'_>, commands: &'static [Command]) -> Result<(), CommandError> {
    reply.map(commands.len());
    commands.iter().for_each(|command| entry(reply, command));
    Ok(())
}

/// A command's name and the map that documents it.
fn entry(reply: &mut Reply<'_>, command: &'static Command) {
    let doc = command.doc;
    let texts = [
        ("summary", Some(doc.summary)),
        ("since", Some(command.since)),
        ("group", Some(command.group)),
        ("complexity", Some(doc.complexity)),
    ];
    let ends = [("deprecated_since", doc.deprecated_since), ("replaced_by", doc.replaced_by)];
    reply.bulk(command.full_name.as_bytes());
    reply.deferred_map(|reply| {
        let mut fields = texts.iter().filter(|field| text(reply, field)).count();
        if !doc.doc_flags.is_empty() {
            reply.bulk(b"doc_flags");
            simple_set(reply, doc.doc_flags.iter().copied());
            fields += 1;
        }
        fields += ends.iter().filter(|field| text(reply, field)).count();
        if !doc.history.is_empty() {
            reply.bulk(b"history");
            reply.set(doc.history.len());
            for (since, change) in doc.history {
                reply.array(2);
                reply.bulk(since.as_bytes());
                reply.bulk(change.as_bytes());
            }
            fields += 1;
        }
        fields += usize::from(arguments(reply, doc.arguments));
        if !command.subcommands.is_empty() {
            reply.bulk(b"subcommands");
            reply.map(command.subcommands.len());
            command.subcommands.iter().for_each(|subcommand| entry(reply, subcommand));
            fields += 1;
        }
        fields
    });
}

/// Writes a field if it has a text, and says whether it had.
fn text(reply: &mut Reply<'_>, (name, text): &(&str, Option<&str>)) -> bool {
    if let Some(text) = text {
        reply.bulk(name.as_bytes());
        reply.bulk(text.as_bytes());
    }
    text.is_some()
}

/// Writes the field `arguments` if there are any, and says whether there were.
fn arguments(reply: &mut Reply<'_>, list: &[Argument]) -> bool {
    if !list.is_empty() {
        reply.bulk(b"arguments");
        reply.array(list.len());
        list.iter().for_each(|one| argument(reply, one));
    }
    !list.is_empty()
}

fn argument(reply: &mut Reply<'_>, one: &Argument) {
    let display = one.arguments.is_empty().then_some(one.display.unwrap_or(one.name));
    let marks =
        [("optional", one.optional), ("multiple", one.multiple), ("multiple_token", one.multiple_token)];
    let flags: Vec<&'static str> = marks.into_iter().filter_map(|(name, set)| set.then_some(name)).collect();
    reply.deferred_map(|reply| {
        let head = [("name", Some(one.name)), ("type", Some(one.kind)), ("display_text", display)];
        let mut fields = head.iter().filter(|field| text(reply, field)).count();
        if let Some(index) = one.key_spec {
            reply.bulk(b"key_spec_index");
            reply.int(index.into());
            fields += 1;
        }
        let tail = [("token", one.token), ("since", one.since), ("deprecated_since", one.deprecated_since)];
        fields += tail.iter().filter(|field| text(reply, field)).count();
        if !flags.is_empty() {
            reply.bulk(b"flags");
            simple_set(reply, flags.into_iter());
            fields += 1;
        }
        fields + usize::from(arguments(reply, one.arguments))
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reply::Protocol;
    use crate::testing::check;

    #[test]
    fn unknown_names_are_left_out() {
        check(
            r#"
            > COMMAND DOCS nobody           < []
            > COMMAND DOCS command|nobody   < []
            "#,
        );
    }

    #[test]
    fn arguments_say_what_they_are() {
        const ON: Argument = Argument { name: "on", kind: "pure-token", token: Some("ON"), ..Argument::NONE };
        let told = |one: &Argument| {
            let mut out = Vec::new();
            argument(&mut Reply::new(&mut out, Protocol::Resp3), one);
            String::from_utf8_lossy(&out).replace("\r\n", " ")
        };
        let key = Argument { name: "key", kind: "key", key_spec: Some(1), multiple: true, ..Argument::NONE };
        assert_eq!(
            told(&key),
            "%5 $4 name $3 key $4 type $3 key $12 display_text $3 key $14 key_spec_index :1 \
             $5 flags ~1 +multiple "
        );
        let address = Argument {
            name: "addr",
            kind: "string",
            token: Some("ADDR"),
            display: Some("ip:port"),
            since: Some("1.0.0"),
            deprecated_since: Some("2.0.0"),
            ..Argument::NONE
        };
        assert_eq!(
            told(&address),
            "%6 $4 name $4 addr $4 type $6 string $12 display_text $7 ip:port $5 token $4 ADDR \
             $5 since $5 1.0.0 $16 deprecated_since $5 2.0.0 "
        );
        let mode =
            Argument { name: "mode", kind: "oneof", optional: true, arguments: &[ON], ..Argument::NONE };
        assert_eq!(
            told(&mode),
            "%4 $4 name $4 mode $4 type $5 oneof $5 flags ~1 +optional $9 arguments *1 \
             %4 $4 name $2 on $4 type $10 pure-token $12 display_text $2 on $5 token $2 ON "
        );
    }

    #[test]
    fn fields_come_in_the_order_of_redis() {
        let mut out = Vec::new();
        entry(&mut Reply::new(&mut out, Protocol::Resp3), command::lookup(b"set").expect("it is known"));
        let told = String::from_utf8_lossy(&out);
        let places: Vec<usize> = ["summary", "since", "group", "complexity", "history", "arguments"]
            .iter()
            .map(|field| told.find(&format!("\r\n{field}\r\n")).expect("SET has the field"))
            .collect();
        assert!(places.is_sorted(), "{places:?}");
        assert!(told.starts_with("$3\r\nset\r\n%6\r\n"));
    }
}
