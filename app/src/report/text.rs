//! A report as text: a line for each thing that is measured, and for each list of numbers.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};

/// Writes JSON with two spaces of indentation, lists of plain values on one line, and a line break at its end.
///
/// # Errors
///
/// When it cannot be written.
pub fn write(value: &impl Serialize, mut to: impl Write) -> io::Result<()> {
    value.serialize(&mut Serializer::with_formatter(&mut to, Lines::default()))?;
    to.write_all(b"\n")
}

/// serde_json's own formatter gives a line to each number, which of five minutes is thousands.
#[derive(Default)]
struct Lines {
    depth: usize,
    /// For each list or object that is open, whether what is in it has lines of its own.
    has_lines: Vec<bool>,
    /// Whether the next value is one of a list.
    begins_list_value: bool,
}

impl Lines {
    fn new_line<W: ?Sized + Write>(&self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b"\n")?;
        (0..self.depth).try_for_each(|_| writer.write_all(b"  "))
    }

    fn open<W: ?Sized + Write>(&mut self, writer: &mut W, bracket: &[u8]) -> io::Result<()> {
        if std::mem::take(&mut self.begins_list_value) {
            self.break_line(writer)?;
        }
        self.depth += 1;
        self.has_lines.push(false);
        writer.write_all(bracket)
    }

    /// Begins a line for what comes next in the innermost list or object.
    fn break_line<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        if let Some(has_lines) = self.has_lines.last_mut() {
            *has_lines = true;
        }
        self.new_line(writer)
    }

    fn close<W: ?Sized + Write>(&mut self, writer: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.depth -= 1;
        if self.has_lines.pop() == Some(true) {
            self.new_line(writer)?;
        }
        writer.write_all(bracket)
    }
}

impl Formatter for Lines {
    fn begin_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.open(writer, b"[")
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.begins_list_value = true;
        if first { Ok(()) } else { writer.write_all(b",") }
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, _writer: &mut W) -> io::Result<()> {
        self.begins_list_value = false;
        Ok(())
    }

    fn end_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.close(writer, b"]")
    }

    fn begin_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.open(writer, b"{")
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if !first {
            writer.write_all(b",")?;
        }
        self.break_line(writer)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }

    fn end_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.close(writer, b"}")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn text(value: &Value) -> String {
        let mut text = Vec::new();
        write(value, &mut text).unwrap();
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn numbers_share_a_line_and_objects_do_not() {
        let value = json!({"a": [1, null, 2.5], "b": [{"c": [], "d": {}}, {"c": ["x"]}]});
        let expected = r#"{
  "a": [1,null,2.5],
  "b": [
    {
      "c": [],
      "d": {}
    },
    {
      "c": ["x"]
    }
  ]
}
"#;
        assert_eq!(text(&value), expected);
    }

    #[test]
    fn it_stays_the_same_json() {
        let value = json!([[[1, 2], [3]], "a,[b", true, [{"k": [[{}]]}], -1.5e9]);
        assert_eq!(serde_json::from_str::<Value>(&text(&value)).unwrap(), value);
    }
}
