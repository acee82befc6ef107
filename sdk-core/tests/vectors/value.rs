//! JSON as JavaScript reads it: numbers are doubles, strings are UTF-16 and may hold lone surrogates, of a repeated
//! member the last counts. A reader of its own, so that the codec is not judged by the library it is made of.

use std::collections::BTreeMap;

#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Null,
    Boolean(bool),
    Number(f64),
    Text(Vec<u16>),
    List(Vec<Self>),
    Object(BTreeMap<Vec<u16>, Self>),
}

impl Value {
    /// `None` where the text is not JSON.
    pub fn parse(text: &str) -> Option<Self> {
        let mut reader = Reader { bytes: text.as_bytes(), text, at: 0 };
        let value = reader.value()?;
        reader.skip_space();
        (reader.at == text.len()).then_some(value)
    }

    pub fn text(value: impl AsRef<str>) -> Self {
        Self::Text(value.as_ref().encode_utf16().collect())
    }

    #[expect(clippy::cast_precision_loss, reason = "the numbers of the protocol stay below 2^53")]
    pub fn integer(value: u64) -> Self {
        Self::Number(value as f64)
    }

    pub fn member(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Object(members) => members.get(&name.encode_utf16().collect::<Vec<_>>()),
            _ => None,
        }
    }

    pub fn list(&self) -> &[Self] {
        match self {
            Self::List(elements) => elements,
            other => panic!("not a list: {other:?}"),
        }
    }

    pub fn string(&self) -> String {
        match self {
            Self::Text(units) => String::from_utf16(units).expect("a string of the file is well formed"),
            other => panic!("not a string: {other:?}"),
        }
    }
}

/// An object in the making; what is `None` is left out.
pub struct Members(BTreeMap<Vec<u16>, Value>);

impl Members {
    pub fn new(kind: &str) -> Self {
        Self(BTreeMap::new()).with("frame", Value::text(kind))
    }

    pub fn bare() -> Self {
        Self(BTreeMap::new())
    }

    pub fn with(self, name: &str, value: Value) -> Self {
        self.maybe(name, Some(value))
    }

    pub fn maybe(mut self, name: &str, value: Option<Value>) -> Self {
        if let Some(value) = value {
            self.0.insert(name.encode_utf16().collect(), value);
        }
        self
    }

    pub fn flag(self, name: &str, set: bool) -> Self {
        self.maybe(name, set.then_some(Value::Boolean(true)))
    }

    pub fn text(self, name: &str, value: impl AsRef<str>) -> Self {
        self.with(name, Value::text(value))
    }

    pub fn maybe_text(self, name: &str, value: Option<impl AsRef<str>>) -> Self {
        self.maybe(name, value.map(Value::text))
    }

    pub fn integer(self, name: &str, value: u64) -> Self {
        self.with(name, Value::integer(value))
    }

    pub fn maybe_integer(self, name: &str, value: Option<u64>) -> Self {
        self.maybe(name, value.map(Value::integer))
    }

    pub fn done(self) -> Value {
        Value::Object(self.0)
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn value(&mut self) -> Option<Value> {
        self.skip_space();
        match self.peek()? {
            b'{' => self.object(),
            b'[' => self.array(),
            b'"' => self.string().map(Value::Text),
            b't' => self.word("true", Value::Boolean(true)),
            b'f' => self.word("false", Value::Boolean(false)),
            b'n' => self.word("null", Value::Null),
            _ => self.number(),
        }
    }

    fn object(&mut self) -> Option<Value> {
        self.at += 1;
        let mut members = BTreeMap::new();
        if self.takes(b'}') {
            return Some(Value::Object(members));
        }
        loop {
            self.skip_space();
            let name = (self.peek()? == b'"').then(|| self.string())??;
            self.takes(b':').then_some(())?;
            members.insert(name, self.value()?);
            if self.takes(b'}') {
                return Some(Value::Object(members));
            }
            self.takes(b',').then_some(())?;
        }
    }

    fn array(&mut self) -> Option<Value> {
        self.at += 1;
        let mut elements = Vec::new();
        if self.takes(b']') {
            return Some(Value::List(elements));
        }
        loop {
            elements.push(self.value()?);
            if self.takes(b']') {
                return Some(Value::List(elements));
            }
            self.takes(b',').then_some(())?;
        }
    }

    fn string(&mut self) -> Option<Vec<u16>> {
        self.at += 1;
        let mut units = Vec::new();
        loop {
            let character = self.text[self.at..].chars().next()?;
            self.at += character.len_utf8();
            match character {
                '"' => return Some(units),
                '\\' => units.push(self.escape()?),
                '\0'..='\u{1f}' => return None,
                _ => units.extend_from_slice(character.encode_utf16(&mut [0; 2])),
            }
        }
    }

    fn escape(&mut self) -> Option<u16> {
        let escape = self.peek()?;
        self.at += 1;
        Some(match escape {
            b'"' | b'\\' | b'/' => u16::from(escape),
            b'b' => 8,
            b'f' => 12,
            b'n' => 10,
            b'r' => 13,
            b't' => 9,
            b'u' => {
                let digits = self.bytes.get(self.at..self.at + 4)?;
                self.at += 4;
                digits.iter().try_fold(0, |unit, digit| {
                    Some(unit << 4 | u16::try_from(char::from(*digit).to_digit(16)?).ok()?)
                })?
            }
            _ => return None,
        })
    }

    fn number(&mut self) -> Option<Value> {
        let start = self.at;
        self.skips(b'-');
        if !self.skips(b'0') {
            self.digits()?;
        }
        if self.skips(b'.') {
            self.digits()?;
        }
        if self.skips(b'e') || self.skips(b'E') {
            let _ = self.skips(b'+') || self.skips(b'-');
            self.digits()?;
        }
        self.text[start..self.at].parse().ok().map(Value::Number)
    }

    fn digits(&mut self) -> Option<()> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        (self.at > start).then_some(())
    }

    fn word(&mut self, word: &str, value: Value) -> Option<Value> {
        self.text[self.at..].starts_with(word).then(|| {
            self.at += word.len();
            value
        })
    }

    fn takes(&mut self, byte: u8) -> bool {
        self.skip_space();
        self.skips(byte)
    }

    fn skips(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }
}

#[test]
fn reads_as_javascript_does() {
    let parsed =
        Value::parse(" {\"a\":[1e3,-0.5,\"\\ud800\\u0041é\"],\"a\":[true,null],\"b\":1e400} ").unwrap();
    assert_eq!(parsed.member("a"), Some(&Value::List(vec![Value::Boolean(true), Value::Null])));
    assert_eq!(parsed.member("b"), Some(&Value::Number(f64::INFINITY)));
    assert_eq!(Value::parse("\"\\ud800\\u0041é\""), Some(Value::Text(vec![0xd800, 0x41, 0xe9])));
    for text in ["", "05", "1.", "+1", "[1,]", "{\"a\":1,}", "\"\t\"", "\"\\u+123\"", "nul", "1 2", "'a'"] {
        assert_eq!(Value::parse(text), None, "{text}");
    }
}
