//! What COMMAND DOCS tells about a command: words for people, and the grammar of its arguments.

/// The documentation of one row. All text is our own; names, tokens and versions are facts.
pub struct Doc {
    pub summary: &'static str,
    pub complexity: &'static str,
    /// Version and what changed in it, oldest first.
    pub history: &'static [(&'static str, &'static str)],
    pub deprecated_since: Option<&'static str>,
    pub replaced_by: Option<&'static str>,
    /// `deprecated`, `syscmd`.
    pub doc_flags: &'static [&'static str],
    /// Hints for clients and proxies, such as `request_policy:all_shards`.
    pub tips: &'static [&'static str],
    pub arguments: &'static [Argument],
    /// The shape of the reply, in the notation of spec's `reply` module; empty when it has none.
    pub reply: &'static str,
}

/// One node of the argument grammar.
pub struct Argument {
    pub name: &'static str,
    /// `key`, `string`, `integer`, `double`, `pattern`, `unix-time`, `pure-token`, `oneof` or `block`.
    pub kind: &'static str,
    /// The keyword before the value, or the keyword that is the whole argument.
    pub token: Option<&'static str>,
    /// How a syntax line shows the value where that is not `name`.
    pub display: Option<&'static str>,
    /// The key spec that a key argument belongs to.
    pub key_spec: Option<u8>,
    pub since: Option<&'static str>,
    pub deprecated_since: Option<&'static str>,
    pub optional: bool,
    pub multiple: bool,
    /// With `multiple`: the token is repeated too.
    pub multiple_token: bool,
    /// The alternatives of a `oneof`, the parts of a `block`.
    pub arguments: &'static [Argument],
}

impl Argument {
    /// What the generated table fills in for everything an argument does not say.
    pub const NONE: Argument = Argument {
        name: "",
        kind: "",
        token: None,
        display: None,
        key_spec: None,
        since: None,
        deprecated_since: None,
        optional: false,
        multiple: false,
        multiple_token: false,
        arguments: &[],
    };
}

impl Doc {
    pub const NONE: Doc = Doc {
        summary: "",
        complexity: "",
        history: &[],
        deprecated_since: None,
        replaced_by: None,
        doc_flags: &[],
        tips: &[],
        arguments: &[],
        reply: "",
    };
}
