use alloc::string::String;

/// Writes JSON text, commas included. The core's own, because a general serialiser costs the browser 30 KB.
#[derive(Default)]
pub(crate) struct JsonWriter {
    pub(super) text: String,
}

impl JsonWriter {
    /// Goes on where a text ends.
    pub(crate) fn after(text: &str) -> Self {
        Self { text: String::from(text) }
    }

    pub(crate) fn finish(self) -> String {
        self.text
    }

    pub(crate) fn begin_object(&mut self) {
        self.open('{');
    }

    pub(crate) fn end_object(&mut self) {
        self.close('}');
    }

    pub(crate) fn begin_array(&mut self) {
        self.open('[');
    }

    pub(crate) fn end_array(&mut self) {
        self.close(']');
    }

    pub(crate) fn key(&mut self, key: &str) {
        self.string(key);
        self.text.push(':');
    }

    pub(crate) fn string(&mut self, value: &str) {
        self.separate();
        self.text.push('"');
        let mut written = 0;
        for (at, byte) in value.bytes().enumerate() {
            if needs_escape(byte) {
                self.part(value, written, at);
                self.escape(byte);
                written = at + 1;
            }
        }
        self.part(value, written, value.len());
        self.text.push('"');
    }

    pub(crate) fn integer(&mut self, value: u64) {
        self.separate();
        self.digits(value);
    }

    pub(super) fn digits(&mut self, value: u64) {
        if value >= 10 {
            self.digits(value / 10);
        }
        self.text.push(char::from(b'0' + (value % 10) as u8));
    }

    pub(crate) fn boolean(&mut self, value: bool) {
        self.raw(if value { "true" } else { "false" });
    }

    /// Writes finished JSON text.
    pub(crate) fn raw(&mut self, value: &str) {
        self.separate();
        self.text.push_str(value);
    }

    /// Writes bytes as a string of standard base64.
    pub(crate) fn base64(&mut self, bytes: &[u8]) {
        const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        self.separate();
        self.text.push('"');
        // The bits that came, and how many of the last are in no digit yet.
        let (mut bits, mut held) = (0_u32, 0);
        for byte in bytes {
            bits = bits << 8 | u32::from(*byte);
            held += 8;
            while held >= 6 {
                held -= 6;
                self.text.push(char::from(DIGITS[(bits >> held) as usize & 63]));
            }
        }
        if held > 0 {
            self.text.push(char::from(DIGITS[(bits << (6 - held)) as usize & 63]));
            self.text.push_str(if held == 2 { "==" } else { "=" });
        }
        self.text.push('"');
    }

    pub(crate) fn string_field(&mut self, key: &str, value: &str) {
        self.key(key);
        self.string(value);
    }

    pub(crate) fn integer_field(&mut self, key: &str, value: u64) {
        self.key(key);
        self.integer(value);
    }

    /// A list whose elements are finished JSON text, joined by commas.
    pub(crate) fn list_field(&mut self, key: &str, elements: &str) {
        self.key(key);
        self.begin_array();
        self.raw(elements);
        self.end_array();
    }

    pub(crate) fn strings_field(&mut self, key: &str, values: &[String]) {
        self.key(key);
        self.begin_array();
        for value in values {
            self.string(value);
        }
        self.end_array();
    }

    pub(crate) fn true_field(&mut self, key: &str, value: bool) {
        if value {
            self.key(key);
            self.boolean(true);
        }
    }

    pub(crate) fn optional_string(&mut self, key: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.string_field(key, value);
        }
    }

    #[inline(never)]
    pub(crate) fn optional_text(&mut self, key: &str, value: &Option<String>) {
        self.optional_string(key, value.as_deref());
    }

    pub(crate) fn optional_integer(&mut self, key: &str, value: Option<u64>) {
        if let Some(value) = value {
            self.integer_field(key, value);
        }
    }

    fn open(&mut self, bracket: char) {
        self.separate();
        self.text.push(bracket);
    }

    fn close(&mut self, bracket: char) {
        self.text.push(bracket);
    }

    /// A value needs a comma before it unless it is the first of its list or object, or a key's.
    fn separate(&mut self) {
        if !matches!(self.text.as_bytes().last(), None | Some(b'{' | b'[' | b':')) {
            self.text.push(',');
        }
    }

    #[inline(never)]
    fn part(&mut self, value: &str, from: usize, to: usize) {
        self.text.push_str(value.get(from..to).unwrap_or_default());
    }

    /// Of several ways to write it the one that all of them have, because they are rare.
    fn escape(&mut self, byte: u8) {
        const HEX: &[u8; 16] = b"0123456789abcdef";
        self.text.push_str("\\u00");
        self.text.push(char::from(HEX[usize::from(byte >> 4)]));
        self.text.push(char::from(HEX[usize::from(byte & 15)]));
    }
}

fn needs_escape(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

#[cfg(test)]
mod tests {
    use super::JsonWriter;

    #[test]
    fn writes_base64_with_its_padding() {
        for (bytes, text) in [
            (&b""[..], ""),
            (b"f", "Zg=="),
            (b"fo", "Zm8="),
            (b"foo", "Zm9v"),
            (b"\xff\xfe\xfd\xfc", "//79/A=="),
        ] {
            let mut writer = JsonWriter::default();
            writer.base64(bytes);
            assert_eq!(writer.finish().trim_matches('"'), text);
        }
    }

    #[test]
    fn writes_commas_and_escapes() {
        let mut writer = JsonWriter::default();
        writer.begin_object();
        writer.string_field("a\"\\", "é\n\r\t\u{1}\u{1f}");
        writer.integer_field("n", u64::MAX);
        writer.key("list");
        writer.begin_array();
        writer.integer(0);
        writer.boolean(false);
        writer.raw("{\"x\":1}");
        writer.end_array();
        writer.true_field("no", false);
        writer.true_field("yes", true);
        writer.end_object();
        assert_eq!(
            writer.finish(),
            "{\"a\\u0022\\u005c\":\"é\\u000a\\u000d\\u0009\\u0001\\u001f\",\"n\":18446744073709551615,\"list\":[0,false,{\"x\":1}],\"yes\":true}"
        );
    }
}
