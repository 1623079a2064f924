//! COMMAND GETKEYS and GETKEYSANDFLAGS: the keys in a request that is not run.

use super::command::simple_set;
use crate::args::{Args, OwnedArgv};
use crate::command::{self, Command, Flags, KeyFlags};
use crate::ctx::Ctx;
use crate::error::CommandError;

pub(crate) fn getkeys(ctx: &mut Ctx<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    let (request, keys) = keys(args)?;
    ctx.reply.array(keys.len());
    keys.iter().for_each(|(index, _)| ctx.reply.bulk(&request.borrow()[*index]));
    Ok(())
}

pub(crate) fn getkeysandflags(ctx: &mut Ctx<'_>, args: &mut Args<'_>) -> Result<(), CommandError> {
    let (request, keys) = keys(args)?;
    ctx.reply.array(keys.len());
    for (index, flags) in keys {
        ctx.reply.array(2);
        ctx.reply.bulk(&request.borrow()[index]);
        simple_set(&mut ctx.reply, flags.names());
    }
    Ok(())
}

type Keys = (OwnedArgv, Vec<(usize, KeyFlags)>);

fn keys(args: &mut Args<'_>) -> Result<Keys, CommandError> {
    let refuse = |text| Err(CommandError::err(text));
    let mut request = OwnedArgv::default();
    while let Some(word) = args.next() {
        request.push(word);
    }
    let argv = request.borrow();
    let Some(command) = find(&argv[0], argv.get(1)) else { return refuse("Invalid command specified") };
    if command.key_specs.is_empty() {
        return refuse("The command has no key arguments");
    }
    if !command.arity_fits(argv.len()) {
        return refuse("Invalid number of arguments specified for command");
    }
    match command::keys_of(command, argv) {
        Ok(keys) if !keys.is_empty() => Ok((request, keys)),
        _ if command.flags.contains(Flags::NO_MANDATORY_KEYS) => Ok((request, Vec::new())),
        _ => refuse("Invalid arguments specified for command"),
    }
}

fn find(name: &[u8], word: Option<&[u8]>) -> Option<&'static Command> {
    let command = command::lookup(name)?;
    match word {
        Some(word) if !command.subcommands.is_empty() => command::subcommand(command, word),
        _ => Some(command),
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn keys_and_flags_of_requests() {
        check(
            r#"
            > COMMAND GETKEYS GET a                        < ["a"]
            > COMMAND GETKEYS set a b EX nonsense          < ["a"]
            > COMMAND GETKEYSANDFLAGS GET a                < [["a" [RO access]]]
            > COMMAND GETKEYSANDFLAGS SET a b EX 10        < [["a" [OW update]]]
            > COMMAND GETKEYSANDFLAGS SET a b get          < [["a" [RW access update]]]
            > COMMAND GETKEYSANDFLAGS SET a b IFEQ c       < [["a" [RW access update]]]
            > COMMAND GETKEYS NOBODY a                     < ERR Invalid command specified
            > COMMAND GETKEYS COMMAND NOBODY a             < ERR Invalid command specified
            > COMMAND GETKEYS GET    < ERR Invalid number of arguments specified for command
            > COMMAND GETKEYS SET a  < ERR Invalid number of arguments specified for command
            > COMMAND GETKEYS COMMAND                      < ERR The command has no key arguments
            > COMMAND GETKEYS COMMAND COUNT                < ERR The command has no key arguments
            > COMMAND GETKEYS        < ERR wrong number of arguments for 'command|getkeys' command
            "#,
        );
    }
}
