//! HELP of a container: its subcommands with their syntax and summary, straight from the table.

use super::{Argument, lookup};
use crate::reply::Reply;

/// Writes the help of the container of that name: a headline, then a syntax line and an indented summary for
/// each subcommand.
///
/// # Panics
/// When no such command exists; handlers name their own container.
pub fn help(reply: &mut Reply<'_>, container: &str) {
    let command = lookup(container.as_bytes()).expect("a HELP subcommand names its own container");
    reply.array(1 + 2 * command.subcommands.len());
    let name = container.to_uppercase();
    reply.simple(&format!("{name} <subcommand> [<arg> [value] [opt] ...]. Subcommands are:"));
    for subcommand in command.subcommands {
        let mut line = subcommand.name.to_uppercase();
        for argument in subcommand.doc.arguments {
            line.push(' ');
            line.push_str(&syntax(argument));
        }
        reply.simple(&line);
        reply.simple(&format!("    {}", subcommand.doc.summary));
    }
}

/// An argument as a syntax line shows it: `<key>`, `[COUNT <count>]`, `(ON|OFF)`, `<key> [<key> ...]`.
fn syntax(argument: &Argument) -> String {
    let parts = |between: &str| argument.arguments.iter().map(syntax).collect::<Vec<_>>().join(between);
    let value = match argument.kind {
        "pure-token" => String::new(),
        "oneof" => format!("({})", parts("|")),
        "block" => parts(" "),
        _ => format!("<{}>", argument.display.unwrap_or(argument.name)),
    };
    let token = argument.token.unwrap_or_default();
    let mut text = match (token.is_empty(), value.is_empty()) {
        (false, false) => format!("{token} {value}"),
        _ => format!("{token}{value}"),
    };
    if argument.multiple {
        let again = if argument.multiple_token { &text } else { &value };
        text = format!("{text} [{again} ...]");
    }
    if argument.optional { format!("[{text}]") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn syntax_lines() {
        const KEY: Argument = Argument { name: "key", kind: "key", ..Argument::NONE };
        const ON: Argument = Argument { name: "on", kind: "pure-token", token: Some("ON"), ..Argument::NONE };
        const OFF: Argument =
            Argument { name: "off", kind: "pure-token", token: Some("OFF"), ..Argument::NONE };
        assert_eq!(syntax(&KEY), "<key>");
        assert_eq!(syntax(&Argument { multiple: true, ..KEY }), "<key> [<key> ...]");
        assert_eq!(syntax(&Argument { token: Some("IN"), multiple: true, ..KEY }), "IN <key> [<key> ...]");
        let both =
            Argument { token: Some("IN"), multiple: true, multiple_token: true, optional: true, ..KEY };
        assert_eq!(syntax(&both), "[IN <key> [IN <key> ...]]");
        let switch = Argument { name: "mode", kind: "oneof", arguments: &[ON, OFF], ..Argument::NONE };
        assert_eq!(syntax(&switch), "(ON|OFF)");
        let block =
            Argument { name: "pair", kind: "block", arguments: &[KEY, ON], optional: true, ..Argument::NONE };
        assert_eq!(syntax(&block), "[<key> ON]");
    }
}
