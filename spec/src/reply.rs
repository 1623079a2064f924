//! Checks a reply against the shape its entry promises.
//!
//! The notation, as entries write it (the shape in RESP3; RESP2 is derived from it):
//!
//! ```text
//! str  int  dbl  bool  nil  any     one value of that kind
//! int>=0                            an integer of at least that much
//! 'OK'  -1                          exactly this text, exactly this integer
//! [T]   [A,B,C]                     an array of any length, an array of exactly these
//! set(T)                            a set
//! {name:T,other:U}   {*:T}          a map with at most these keys, a map with any text as keys
//! A|B   (A|B)                       either
//! ```
//!
//! An error fits every shape: what a command may refuse is the business of transcripts. In RESP2 a map is
//! a flat array, a set an array, a double its text, a boolean 0 or 1.

use std::fmt;

/// A decoded reply, free of any wire format. Simple, bulk and verbatim strings are all text.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Nil,
    Int(i64),
    Double(f64),
    Bool(bool),
    Text(Vec<u8>),
    /// The decimal digits of a big number.
    Big(Vec<u8>),
    Error(Vec<u8>),
    Array(Vec<Value>),
    Set(Vec<Value>),
    Map(Vec<(Value, Value)>),
}

/// The protocol a reply was read in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    Resp2,
    Resp3,
}

/// A parsed shape.
#[derive(Clone, Debug, PartialEq)]
pub enum Schema {
    Any,
    Nil,
    Str,
    Int,
    AtLeast(i64),
    Exactly(i64),
    Double,
    Bool,
    Text(String),
    List(Box<Schema>),
    Tuple(Vec<Schema>),
    Set(Box<Schema>),
    /// Keys and their shapes; `None` is any key.
    Map(Vec<(Option<String>, Schema)>),
    Either(Vec<Schema>),
}

/// Where a reply left its shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// The way down from the top, such as `[1].matches`.
    pub path: String,
    pub expected: String,
    pub found: String,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "reply{}: expected {}, found {}", self.path, self.expected, self.found)
    }
}

impl Schema {
    /// Parses the notation above.
    ///
    /// # Errors
    /// A sentence with the byte offset at which the text stops making sense.
    pub fn parse(text: &str) -> Result<Schema, String> {
        let mut parser = Parser { text: text.as_bytes(), at: 0 };
        let schema = parser.either()?;
        if parser.at == text.len() { Ok(schema) } else { Err(parser.complaint("the end")) }
    }

    /// Checks a reply.
    ///
    /// # Errors
    /// The first place where the reply has another shape.
    pub fn check(&self, value: &Value, protocol: Protocol) -> Result<(), Mismatch> {
        if matches!(value, Value::Error(_)) {
            return Ok(());
        }
        self.check_at(value, protocol, "")
    }

    fn check_at(&self, value: &Value, protocol: Protocol, path: &str) -> Result<(), Mismatch> {
        let resp2 = protocol == Protocol::Resp2;
        let each = |schema: &Schema, items: &[Value]| {
            let mut numbered = items.iter().enumerate();
            numbered.try_for_each(|(i, item)| schema.check_at(item, protocol, &format!("{path}[{i}]")))
        };
        let fits = match (self, value) {
            (Schema::Any, _) | (Schema::Nil, Value::Nil) | (Schema::Int, Value::Int(_)) => true,
            (Schema::Str, Value::Text(_)) | (Schema::Double, Value::Double(_)) => true,
            (Schema::Bool, Value::Bool(_)) => true,
            (Schema::Bool, Value::Int(0 | 1)) => resp2,
            (Schema::AtLeast(least), Value::Int(n)) => n >= least,
            (Schema::Exactly(exact), Value::Int(n)) => n == exact,
            (Schema::Double, Value::Text(text)) => resp2 && is_double(text),
            (Schema::Text(text), Value::Text(found)) => text.as_bytes() == found,
            (Schema::List(item), Value::Array(items)) => return each(item, items),
            (Schema::Set(item), Value::Set(items)) => return each(item, items),
            (Schema::Set(item), Value::Array(items)) if resp2 => return each(item, items),
            (Schema::Tuple(parts), Value::Array(items)) if parts.len() == items.len() => {
                let mut pairs = parts.iter().zip(items).enumerate();
                return pairs
                    .try_for_each(|(i, (p, item))| p.check_at(item, protocol, &format!("{path}[{i}]")));
            }
            (Schema::Map(fields), Value::Map(pairs)) => {
                let mut pairs = pairs.iter();
                return pairs.try_for_each(|(key, item)| check_field(fields, key, item, protocol, path));
            }
            (Schema::Map(fields), Value::Array(flat)) if resp2 && flat.len() % 2 == 0 => {
                let mut pairs = flat.chunks_exact(2);
                return pairs.try_for_each(|pair| check_field(fields, &pair[0], &pair[1], protocol, path));
            }
            (Schema::Either(choices), _) => return self.check_either(choices, value, protocol, path),
            _ => false,
        };
        if fits { Ok(()) } else { Err(self.mismatch(value, path)) }
    }

    /// One of the choices must fit. When none does, the complaint that got deepest tells the most.
    fn check_either(
        &self,
        choices: &[Schema],
        value: &Value,
        protocol: Protocol,
        path: &str,
    ) -> Result<(), Mismatch> {
        let mut deepest: Option<Mismatch> = None;
        for choice in choices {
            match choice.check_at(value, protocol, path) {
                Ok(()) => return Ok(()),
                Err(mismatch) if mismatch.path.len() > deepest.as_ref().map_or(path, |d| &d.path).len() => {
                    deepest = Some(mismatch);
                }
                Err(_) => {}
            }
        }
        Err(deepest.unwrap_or_else(|| self.mismatch(value, path)))
    }

    fn mismatch(&self, value: &Value, path: &str) -> Mismatch {
        let mut found = format!("{value:?}");
        if let Some((cut, _)) = found.char_indices().nth(120) {
            found.truncate(cut);
        }
        Mismatch { path: path.to_owned(), expected: self.to_string(), found }
    }
}

fn check_field(
    fields: &[(Option<String>, Schema)],
    key: &Value,
    value: &Value,
    protocol: Protocol,
    path: &str,
) -> Result<(), Mismatch> {
    let wrong_key = |name: &str| Mismatch {
        path: format!("{path}.{name}"),
        expected: "a key of the map".to_owned(),
        found: "another".to_owned(),
    };
    let Value::Text(name) = key else { return Err(wrong_key("?")) };
    let name = String::from_utf8_lossy(name);
    let named = fields.iter().find(|(field, _)| field.as_deref() == Some(&*name));
    let field = named.or_else(|| fields.iter().find(|(field, _)| field.is_none()));
    let (_, schema) = field.ok_or_else(|| wrong_key(&name))?;
    schema.check_at(value, protocol, &format!("{path}.{name}"))
}

fn is_double(text: &[u8]) -> bool {
    std::str::from_utf8(text).is_ok_and(|text| text.parse::<f64>().is_ok())
}

impl fmt::Display for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, items: &[Schema], between: &str| {
            items
                .iter()
                .enumerate()
                .try_for_each(|(i, item)| write!(f, "{}{item}", if i == 0 { "" } else { between }))
        };
        match self {
            Schema::Any => f.write_str("any"),
            Schema::Nil => f.write_str("nil"),
            Schema::Str => f.write_str("str"),
            Schema::Int => f.write_str("int"),
            Schema::AtLeast(n) => write!(f, "int>={n}"),
            Schema::Exactly(n) => write!(f, "{n}"),
            Schema::Double => f.write_str("dbl"),
            Schema::Bool => f.write_str("bool"),
            Schema::Text(text) => write!(f, "'{text}'"),
            Schema::List(item) => write!(f, "[{item}]"),
            Schema::Set(item) => write!(f, "set({item})"),
            Schema::Tuple(items) => {
                f.write_str("[")?;
                list(f, items, ",")?;
                f.write_str("]")
            }
            Schema::Map(fields) => {
                f.write_str("{")?;
                for (i, (key, schema)) in fields.iter().enumerate() {
                    let comma = if i == 0 { "" } else { "," };
                    write!(f, "{comma}{}:{schema}", key.as_deref().unwrap_or("*"))?;
                }
                f.write_str("}")
            }
            Schema::Either(choices) => {
                f.write_str("(")?;
                list(f, choices, "|")?;
                f.write_str(")")
            }
        }
    }
}

struct Parser<'a> {
    text: &'a [u8],
    at: usize,
}

impl Parser<'_> {
    fn complaint(&self, expected: &str) -> String {
        format!("expected {expected} at byte {} of `{}`", self.at, String::from_utf8_lossy(self.text))
    }

    fn eat(&mut self, byte: u8) -> bool {
        let found = self.text.get(self.at) == Some(&byte);
        self.at += found as usize;
        found
    }

    fn expect(&mut self, byte: u8) -> Result<(), String> {
        if self.eat(byte) { Ok(()) } else { Err(self.complaint(&format!("`{}`", byte as char))) }
    }

    /// The longest run of bytes that satisfy `is`.
    fn word(&mut self, is: impl Fn(u8) -> bool) -> String {
        let start = self.at;
        while self.text.get(self.at).is_some_and(|b| is(*b)) {
            self.at += 1;
        }
        String::from_utf8_lossy(&self.text[start..self.at]).into_owned()
    }

    fn either(&mut self) -> Result<Schema, String> {
        let mut choices = vec![self.one()?];
        while self.eat(b'|') {
            choices.push(self.one()?);
        }
        Ok(if choices.len() == 1 { choices.remove(0) } else { Schema::Either(choices) })
    }

    fn one(&mut self) -> Result<Schema, String> {
        if self.eat(b'(') {
            let inner = self.either()?;
            self.expect(b')')?;
            return Ok(inner);
        }
        if self.eat(b'\'') {
            let text = self.word(|b| b != b'\'');
            self.expect(b'\'')?;
            return Ok(Schema::Text(text));
        }
        if self.eat(b'[') {
            return self.array();
        }
        if self.eat(b'{') {
            return self.map();
        }
        let start = self.at;
        let word = self.word(|b| b.is_ascii_alphanumeric() || b == b'-');
        match word.as_str() {
            "any" => Ok(Schema::Any),
            "nil" => Ok(Schema::Nil),
            "str" => Ok(Schema::Str),
            "dbl" => Ok(Schema::Double),
            "bool" => Ok(Schema::Bool),
            "int" if self.eat(b'>') => {
                self.expect(b'=')?;
                self.number().map(Schema::AtLeast)
            }
            "int" => Ok(Schema::Int),
            "set" => {
                self.expect(b'(')?;
                let item = self.either()?;
                self.expect(b')')?;
                Ok(Schema::Set(Box::new(item)))
            }
            _ => {
                self.at = start;
                self.number().map(Schema::Exactly)
            }
        }
    }

    fn number(&mut self) -> Result<i64, String> {
        let start = self.at;
        let digits = self.word(|b| b.is_ascii_digit() || b == b'-');
        digits.parse().map_err(|_| {
            self.at = start;
            self.complaint("a shape")
        })
    }

    fn array(&mut self) -> Result<Schema, String> {
        if self.eat(b']') {
            return Ok(Schema::Tuple(Vec::new()));
        }
        let mut items = vec![self.either()?];
        while self.eat(b',') {
            items.push(self.either()?);
        }
        self.expect(b']')?;
        Ok(if items.len() == 1 { Schema::List(Box::new(items.remove(0))) } else { Schema::Tuple(items) })
    }

    fn map(&mut self) -> Result<Schema, String> {
        let mut fields = Vec::new();
        loop {
            let key = self.word(|b| !b":,}".contains(&b));
            self.expect(b':')?;
            let schema = self.either()?;
            fields.push((if key == "*" { None } else { Some(key) }, schema));
            if !self.eat(b',') {
                break;
            }
        }
        self.expect(b'}')?;
        Ok(Schema::Map(fields))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Value {
        Value::Text(text.as_bytes().to_vec())
    }

    fn check(schema: &str, value: Value, resp2: &str, resp3: &str) {
        let schema = Schema::parse(schema).expect("the schema parses");
        for (protocol, expected) in [(Protocol::Resp2, resp2), (Protocol::Resp3, resp3)] {
            let result =
                schema.check(&value, protocol).map_or_else(|m| m.to_string(), |()| "fits".to_owned());
            assert!(result.contains(expected), "{schema} of {value:?} in {protocol:?}: {result}");
        }
    }

    #[test]
    fn every_schema_of_an_entry_parses_and_prints_itself() {
        for entry in crate::load().iter().flat_map(crate::schema::Entry::rows) {
            let Some(reply) = &entry.reply else { continue };
            let schema = Schema::parse(reply).unwrap_or_else(|error| panic!("{}: {error}", entry.full_name));
            assert_eq!(Schema::parse(&schema.to_string()), Ok(schema), "{}", entry.full_name);
        }
    }

    #[test]
    fn scalars() {
        check("str|nil", Value::Nil, "fits", "fits");
        check("str|nil", text("x"), "fits", "fits");
        check("str|nil", Value::Int(1), "expected (str|nil), found Int(1)", "expected");
        check("str", Value::Error(b"ERR".to_vec()), "fits", "fits");
        check("int>=0", Value::Int(0), "fits", "fits");
        check("int>=0", Value::Int(-1), "expected int>=0", "expected int>=0");
        check("1|-2", Value::Int(-2), "fits", "fits");
        check("'OK'", text("OK"), "fits", "fits");
        check("'OK'", text("KO"), "expected 'OK'", "expected 'OK'");
        check("dbl", text("1.5"), "fits", "expected dbl");
        check("dbl", text("x"), "expected dbl", "expected dbl");
        check("bool", Value::Int(1), "fits", "expected bool");
        check("bool", Value::Bool(true), "fits", "fits");
        check("any", Value::Set(vec![]), "fits", "fits");
    }

    #[test]
    fn aggregates() {
        let array = Value::Array(vec![text("a"), Value::Int(1)]);
        check("[str]", array.clone(), "reply[1]: expected str, found Int(1)", "reply[1]");
        check("[str,int]", array.clone(), "fits", "fits");
        check("[str,int,int]", array.clone(), "expected [str,int,int]", "expected");
        check("{a:int}", array.clone(), "fits", "expected {a:int}");
        check("{b:int}", array.clone(), "reply.a: expected a key of the map", "expected {b:int}");
        check("{*:str}", array.clone(), "reply.a: expected str", "expected");
        check("{a:str,*:int}", Value::Map(vec![(text("z"), Value::Int(1))]), "fits", "fits");
        check("set(str)", Value::Set(vec![text("a")]), "fits", "fits");
        check("set(str)", Value::Array(vec![text("a")]), "fits", "expected set(str)");
        check("(nil|[[str]])", Value::Array(vec![array]), "reply[0][1]: expected str", "reply[0][1]");
        check("[]", Value::Array(vec![]), "fits", "fits");
    }

    #[test]
    fn nonsense_is_refused_with_its_place() {
        let check = |schema: &str, complaint: &str| {
            let error = Schema::parse(schema).expect_err("refused");
            assert!(error.starts_with(complaint), "{schema}: {error}");
        };
        check("", "expected a shape at byte 0");
        check("wat", "expected a shape at byte 0");
        check("str|", "expected a shape at byte 4");
        check("[str", "expected `]` at byte 4");
        check("{a}", "expected `:` at byte 2");
        check("'OK", "expected `'` at byte 3");
        check("str str", "expected the end at byte 3");
    }
}
