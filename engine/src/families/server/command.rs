//! COMMAND, COUNT, INFO, LIST, HELP: what the command table tells about itself.

use crate::args::Args;
use crate::command::{self, AclCategories, BeginSearch, Command, FindKeys, KeySpec};
use crate::ctx::Ctx;
use crate::error::CommandError;
use crate::reply::Reply;
use ds::glob::{self, Case};

pub(crate) fn command(ctx: &mut Ctx<'_>, _args: &mut Args<'_>) -> Result<(), CommandError> {
    every_row(&mut ctx.reply);
    Ok(())
}

pub(crate) fn count(ctx: &mut Ctx<'_>, _args: &mut Args<'_>) -> Result<(), CommandError> {
    ctx.reply.int(command::all().len() as i64);
    Ok(())
}

pub(crate) fn info(ctx: &mut Ctx<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    if args.remaining() == 0 {
        every_row(&mut ctx.reply);
        return Ok(());
    }
    ctx.reply.array(args.remaining());
    while let Some(name) = args.next() {
        match command::lookup_full(name) {
            Some(command) => row(&mut ctx.reply, command),
            None => ctx.reply.null(),
        }
    }
    Ok(())
}

pub(crate) fn help(ctx: &mut Ctx<'_>, _args: &mut Args<'_>) -> Result<(), CommandError> {
    command::help(&mut ctx.reply, "command");
    Ok(())
}

/// Which names COMMAND LIST lists.
enum Filter<'a> {
    None,
    /// There are no modules, so no command is of one.
    Module,
    /// `None` is a category nobody knows.
    Category(Option<AclCategories>),
    Pattern(&'a [u8]),
}

impl Filter<'_> {
    fn admits(&self, command: &Command) -> bool {
        match self {
            Filter::None => true,
            Filter::Module => false,
            Filter::Category(category) => category.is_some_and(|category| command.acl.contains(category)),
            Filter::Pattern(pattern) => {
                glob::matches(pattern, command.full_name.as_bytes(), Case::Insensitive)
            }
        }
    }
}

pub(crate) fn list(ctx: &mut Ctx<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    let filter = if args.remaining() == 0 {
        Filter::None
    } else if !args.take("FILTERBY") {
        return Err(CommandError::Syntax);
    } else if args.take("MODULE") {
        args.bytes()?;
        Filter::Module
    } else if args.take("ACLCAT") {
        Filter::Category(AclCategories::from_name(args.bytes()?))
    } else if args.take("PATTERN") {
        Filter::Pattern(args.bytes()?)
    } else {
        return Err(CommandError::Syntax);
    };
    args.end()?;
    ctx.reply.deferred_array(|reply| {
        let rows = command::all().iter().flat_map(|row| std::iter::once(row).chain(row.subcommands));
        let admitted = rows.filter(|row| filter.admits(row));
        admitted.map(|row| reply.bulk(row.full_name.as_bytes())).count()
    });
    Ok(())
}

fn every_row(reply: &mut Reply<'_>) {
    reply.array(command::all().len());
    command::all().iter().for_each(|command| row(reply, command));
}

/// One command as COMMAND INFO describes it, its subcommands inside.
fn row(reply: &mut Reply<'_>, command: &Command) {
    reply.array(10);
    reply.bulk(command.full_name.as_bytes());
    reply.int(command.arity.into());
    simple_set(reply, command.flags.names());
    reply.int(command.first_key.into());
    reply.int(command.last_key.into());
    reply.int(command.step.into());
    let categories = command.acl.names();
    reply.set(categories.len());
    categories.for_each(|category| reply.simple(&format!("@{category}")));
    reply.set(command.doc.tips.len());
    command.doc.tips.iter().for_each(|tip| reply.bulk(tip.as_bytes()));
    reply.set(command.key_specs.len());
    command.key_specs.iter().for_each(|spec| key_spec(reply, spec));
    // Clients of RESP3 see an empty set here, and an array once there is something in it.
    match command.subcommands.len() {
        0 => reply.set(0),
        n => reply.array(n),
    }
    command.subcommands.iter().for_each(|subcommand| row(reply, subcommand));
}

pub(super) fn simple_set(reply: &mut Reply<'_>, names: impl ExactSizeIterator<Item = &'static str>) {
    reply.set(names.len());
    names.for_each(|name| reply.simple(name));
}

fn key_spec(reply: &mut Reply<'_>, spec: &KeySpec) {
    reply.map(3 + usize::from(spec.notes.is_some()));
    if let Some(notes) = spec.notes {
        reply.bulk(b"notes");
        reply.bulk(notes.as_bytes());
    }
    reply.bulk(b"flags");
    simple_set(reply, spec.flags.names());
    reply.bulk(b"begin_search");
    match spec.begin {
        BeginSearch::Index(index) => step(reply, "index", &[("index", index)]),
        BeginSearch::Keyword { keyword, start_from } => {
            step_head(reply, "keyword", 2);
            reply.bulk(b"keyword");
            reply.bulk(keyword.as_bytes());
            reply.bulk(b"startfrom");
            reply.int(start_from.into());
        }
        BeginSearch::Unknown => step(reply, "unknown", &[]),
    }
    reply.bulk(b"find_keys");
    match spec.find {
        FindKeys::Range { last_key, step: keystep, limit } => {
            step(reply, "range", &[("lastkey", last_key), ("keystep", keystep), ("limit", limit)]);
        }
        FindKeys::KeyNum { number, first, step: keystep } => {
            step(reply, "keynum", &[("keynumidx", number), ("firstkey", first), ("keystep", keystep)]);
        }
        FindKeys::Unknown => step(reply, "unknown", &[]),
    }
}

/// One of the two steps of a key spec: its type and its numbers.
fn step(reply: &mut Reply<'_>, kind: &str, numbers: &[(&str, i32)]) {
    step_head(reply, kind, numbers.len());
    for (name, number) in numbers {
        reply.bulk(name.as_bytes());
        reply.int((*number).into());
    }
}

fn step_head(reply: &mut Reply<'_>, kind: &str, fields: usize) {
    reply.map(2);
    reply.bulk(b"type");
    reply.bulk(kind.as_bytes());
    reply.bulk(b"spec");
    reply.map(fields);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reply::Protocol;
    use crate::testing::check;

    fn check_row(name: &str, protocol: Protocol, expected: &str) {
        let mut out = Vec::new();
        row(&mut Reply::new(&mut out, protocol), command::lookup_full(name.as_bytes()).expect("it is known"));
        assert_eq!(String::from_utf8_lossy(&out).replace("\r\n", " "), expected);
    }

    #[test]
    fn rows_as_redis_writes_them() {
        check_row(
            "command|count",
            Protocol::Resp2,
            "*10 $13 command|count :2 *2 +loading +stale :0 :0 :0 *2 +@slow +@connection *0 *0 *0 ",
        );
        check_row(
            "get",
            Protocol::Resp3,
            "*10 $3 get :2 ~2 +readonly +fast :1 :1 :1 ~3 +@read +@string +@fast ~0 \
             ~1 %3 $5 flags ~2 +RO +access $12 begin_search %2 $4 type $5 index $4 spec %1 $5 index :1 \
             $9 find_keys %2 $4 type $5 range $4 spec %3 $7 lastkey :0 $7 keystep :1 $5 limit :0 ~0 ",
        );
    }

    #[test]
    fn every_kind_of_key_spec_is_told() {
        let told = |begin, find| {
            let mut out = Vec::new();
            let spec = KeySpec { notes: Some("n"), flags: crate::command::KeyFlags::RO, begin, find };
            key_spec(&mut Reply::new(&mut out, Protocol::Resp3), &spec);
            String::from_utf8_lossy(&out).replace("\r\n", " ")
        };
        assert_eq!(
            told(
                BeginSearch::Keyword { keyword: "KEYS", start_from: -2 },
                FindKeys::KeyNum { number: 0, first: 1, step: 1 }
            ),
            "%4 $5 notes $1 n $5 flags ~1 +RO $12 begin_search %2 $4 type $7 keyword $4 spec %2 $7 keyword \
             $4 KEYS $9 startfrom :-2 $9 find_keys %2 $4 type $6 keynum $4 spec %3 $9 keynumidx :0 \
             $8 firstkey :1 $7 keystep :1 "
        );
        assert_eq!(
            told(BeginSearch::Unknown, FindKeys::Unknown),
            "%4 $5 notes $1 n $5 flags ~1 +RO $12 begin_search %2 $4 type $7 unknown $4 spec %0 \
             $9 find_keys %2 $4 type $7 unknown $4 spec %0 "
        );
    }

    #[test]
    fn lists_and_their_filters() {
        check(
            r#"
            > COMMAND LIST FILTERBY PATTERN GETE*            < ["getex"]
            > command list filterby pattern command|co*      < ["command|count"]
            > COMMAND LIST FILTERBY MODULE search            < []
            > COMMAND LIST FILTERBY ACLCAT nobody            < []
            > COMMAND LIST FILTERBY                          < ERR syntax error
            > COMMAND LIST FILTERBY PATTERN                  < ERR syntax error
            > COMMAND LIST FILTERBY PATTERN a b              < ERR syntax error
            > COMMAND LIST FILTERBY COLOR red                < ERR syntax error
            > COMMAND LIST all                               < ERR syntax error
            > COMMAND INFO nobody                            < [nil]
            > COMMAND INFO command|nobody get|x |get get|    < [nil nil nil nil]
            > COMMAND NOBODY  < ERR unknown subcommand 'NOBODY'. Try COMMAND HELP.
            > COMMAND COUNT x      < ERR wrong number of arguments for 'command|count' command
            "#,
        );
    }

    #[test]
    fn help_lists_every_subcommand() {
        let mut out = Vec::new();
        command::help(&mut Reply::new(&mut out, Protocol::Resp2), "command");
        let told = String::from_utf8_lossy(&out);
        let subcommands = command::lookup(b"command").expect("it is known").subcommands;
        let head = "+COMMAND <subcommand> [<arg> [value] [opt] ...]. Subcommands are:";
        assert!(told.starts_with(&format!("*{}\r\n{head}\r\n", 1 + 2 * subcommands.len())));
        assert!(told.contains("\r\n+GETKEYS <command> [<arg> [<arg> ...]]\r\n+    Finds the keys"));
    }

    #[test]
    fn categories_filter() {
        let read = Filter::Category(AclCategories::from_name(b"READ"));
        assert!(read.admits(command::lookup(b"get").expect("it is known")));
        assert!(!read.admits(command::lookup(b"set").expect("it is known")));
    }
}
