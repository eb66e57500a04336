//! The text of a JSON object, of which members are set and removed. All other bytes stay.
//!
//! Python's json module reads and writes `NaN`, `Infinity` and `-Infinity`, which JSON does not
//! have. So there are two texts of one length: what is written, and what is parsed.

use std::ops::Range;

/// How deep parts of parts are looked for. Models have two levels; files may have any number.
pub(super) const MOST_LEVELS: usize = 8;

#[derive(Debug)]
pub(super) struct ObjectText {
    /// The object as it was read.
    text: String,
    /// The same in JSON proper.
    json: String,
}

/// Where a member of an object lies.
struct Place {
    key: Range<usize>,
    value: Range<usize>,
}

impl Default for ObjectText {
    fn default() -> Self {
        Self::of("{}\n".to_owned())
    }
}

impl ObjectText {
    pub(super) fn of(text: String) -> Self {
        Self { json: json(&text), text }
    }

    /// The text to be parsed. Members are found in it only if it is a JSON object.
    pub(super) fn json(&self) -> &str {
        &self.json
    }

    pub(super) fn into_text(self) -> String {
        self.text
    }

    /// Replaces the value of a member, or adds the member at the end: of the object itself, or of
    /// the one that the keys of `path` lead to. Nothing is done if they lead to no object.
    pub(super) fn set(&mut self, path: &[String], key: &str, value: &str) {
        let mut object = 0..self.json.len();
        for outer in path {
            let members = self.members(object);
            let Some(member) = members.iter().find(|member| self.has_key(member, outer)) else {
                return;
            };
            object = member.value.clone();
        }
        let indent = "  ".repeat(path.len() + 1);
        // A verbatim value brings its own indentation.
        let value = value.replace('\n', &format!("\n{indent}"));
        let members = self.members(object.clone());
        if let Some(member) = members.iter().find(|member| self.has_key(member, key)) {
            self.replace(member.value.clone(), &value);
        } else if let Some(last) = members.last() {
            let end = last.value.end;
            self.replace(end..end, &format!(",\n{indent}\"{key}\": {value}"));
        } else if let Some(begin) = self.json[object.clone()].find('{')
            && let Some(end) = self.json[object.clone()].rfind('}')
        {
            let outer = &indent[2..];
            let inside = object.start + begin + 1..object.start + end;
            self.replace(inside, &format!("\n{indent}\"{key}\": {value}\n{outer}"));
        }
    }

    /// Removes a member, from the object and from those within it.
    pub(super) fn remove(&mut self, key: &str) {
        self.remove_from(0..self.json.len(), key, MOST_LEVELS);
    }

    fn remove_from(&mut self, object: Range<usize>, key: &str, levels: usize) {
        let before = self.json.len();
        let members = if levels > 0 { self.members(object.clone()) } else { Vec::new() };
        // From the last to the first, so that places do not move.
        for member in members.iter().rev() {
            if self.json[member.value.clone()].starts_with('{') {
                self.remove_from(member.value.clone(), key, levels - 1);
            }
        }
        let members = self.members(object.start..object.end + self.json.len() - before);
        let Some(i) = members.iter().position(|member| self.has_key(member, key)) else { return };
        // With the comma before it; of the first member, with the one behind it.
        let range = match (i.checked_sub(1).map(|before| &members[before]), members.get(i + 1)) {
            (Some(before), _) => before.value.end..members[i].value.end,
            (None, Some(next)) => members[i].key.start..next.key.start,
            (None, None) => members[i].key.start..members[i].value.end,
        };
        self.replace(range, "");
    }

    fn has_key(&self, member: &Place, key: &str) -> bool {
        let found: Option<String> = serde_json::from_str(&self.json[member.key.clone()]).ok();
        found.as_deref() == Some(key)
    }

    fn replace(&mut self, range: Range<usize>, with: &str) {
        self.text.replace_range(range.clone(), with);
        self.json.replace_range(range, with);
    }

    /// The members of the object that lies there.
    fn members(&self, object: Range<usize>) -> Vec<Place> {
        let (mut members, mut depth) = (Vec::new(), 0_usize);
        let (mut key, mut start) = (0..0, 0);
        let trimmed = |range: Range<usize>| {
            let end = range.start + self.json[range.clone()].trim_end().len();
            range.end - self.json[range].trim_start().len()..end
        };
        for (i, byte) in outside_strings(&self.json[object.clone()]) {
            let i = object.start + i;
            match (byte, depth) {
                (b'{', 0) => (depth, start) = (1, i + 1),
                (b':', 1) => (key, start) = (trimmed(start..i), i + 1),
                (b',' | b'}', 1) => {
                    if !key.is_empty() {
                        members.push(Place { key: key.clone(), value: trimmed(start..i) });
                    }
                    (key, start) = (0..0, i + 1);
                    depth -= usize::from(byte == b'}');
                }
                (b'{' | b'[', _) => depth += 1,
                (b'}' | b']', _) => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
        members
    }
}

/// The text with strings of the same length in place of the numbers that JSON does not have:
/// `"a"` for `NaN`, and so on. Nobody takes them for numbers, or for nothing.
fn json(text: &str) -> String {
    let mut json = text.to_owned();
    let mut done = 0;
    for (i, byte) in outside_strings(text) {
        if i < done || !matches!(byte, b'N' | b'I' | b'-') {
            continue;
        }
        let rest = &text[i..];
        let numbers = ["NaN", "Infinity", "-Infinity"];
        let Some(number) = numbers.into_iter().find(|number| rest.starts_with(number)) else {
            continue;
        };
        done = i + number.len();
        // As a key it stays the mistake that it is.
        if !text[done..].trim_start().starts_with(':') {
            json.replace_range(i..=i, "\"");
            json.replace_range(done - 1..done, "\"");
        }
    }
    json
}

/// The bytes that are not inside of strings, and their places. Quotes are among them.
fn outside_strings(text: &str) -> impl Iterator<Item = (usize, u8)> {
    let (mut is_inside, mut is_escaped) = (false, false);
    text.bytes().enumerate().filter(move |&(_, byte)| {
        let is_quote = byte == b'"' && !is_escaped;
        let is_outside = !is_inside || is_quote;
        is_inside ^= is_quote;
        is_escaped = is_inside && byte == b'\\' && !is_escaped;
        is_outside
    })
}
