//! The text of a JSON object, of which members are set and removed. All other bytes stay.
//!
//! Python's json module reads and writes `NaN`, `Infinity` and `-Infinity`, which JSON does not
//! have. So there are two texts of one length: what is written, and what is parsed.

use std::collections::BTreeMap;
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

/// A member of an object.
struct Member {
    key: String,
    /// Where it begins.
    start: usize,
    /// Where its value lies.
    value: Range<usize>,
}

/// What takes the place of a part of the text.
type Edit = (Range<usize>, String);

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

    /// Gives a member other values where it is there, and adds it at the end where it is not: in the
    /// object itself, and in those that these keys lead to. Nothing is done where they lead to none.
    pub(super) fn set(&mut self, key: &str, values: &BTreeMap<Vec<String>, String>) {
        let mut edits = Vec::new();
        self.visit(0..self.json.len(), &mut Vec::new(), &mut |path, object, members| {
            if let Some(value) = values.get(path) {
                edits.extend(self.edit(object, members, path.len(), key, value));
            }
        });
        self.replace(edits);
    }

    /// What sets a member of an object that is so many levels deep.
    fn edit(
        &self,
        object: Range<usize>,
        members: &[Member],
        level: usize,
        key: &str,
        value: &str,
    ) -> Option<Edit> {
        let indent = "  ".repeat(level + 1);
        // A verbatim value brings its own indentation.
        let value = value.replace('\n', &format!("\n{indent}"));
        if let Some(member) = members.iter().find(|member| member.key == key) {
            return Some((member.value.clone(), value));
        }
        let member = format!("\n{indent}\"{key}\": {value}");
        if let Some(last) = members.last() {
            return Some((last.value.end..last.value.end, format!(",{member}")));
        }
        let begin = object.start + self.json[object.clone()].find('{')? + 1;
        let end = object.start + self.json[object].rfind('}')?;
        Some((begin..end, format!("{member}\n{}", &indent[2..])))
    }

    /// Removes members that are not null, from the object and from those within it.
    pub(super) fn remove(&mut self, keys: &[&str]) {
        let mut edits = Vec::new();
        let is_removed = |member: &Member| {
            keys.contains(&member.key.as_str()) && &self.json[member.value.clone()] != "null"
        };
        self.visit(0..self.json.len(), &mut Vec::new(), &mut |path, _, members| {
            // It goes with what it is in.
            if path.iter().any(|key| keys.contains(&key.as_str())) {
                return;
            }
            let mut last_kept: Option<&Member> = None;
            for (i, member) in members.iter().enumerate() {
                if !is_removed(member) {
                    last_kept = Some(member);
                    continue;
                }
                // With the comma before it; of the first member, with the one behind it.
                let range = match (last_kept, members.get(i + 1)) {
                    (Some(_), _) => members[i - 1].value.end..member.value.end,
                    (None, Some(next)) => member.start..next.start,
                    (None, None) => member.start..member.value.end,
                };
                edits.push((range, String::new()));
            }
        });
        self.replace(edits);
    }

    /// Calls `see` with an object and with those within it: the keys that lead to each, where it
    /// lies, and its members.
    fn visit(
        &self,
        object: Range<usize>,
        path: &mut Vec<String>,
        see: &mut impl FnMut(&[String], Range<usize>, &[Member]),
    ) {
        let members = self.members(object.clone());
        see(path, object, &members);
        for Member { key, value, .. } in members {
            if path.len() < MOST_LEVELS && self.json[value.clone()].starts_with('{') {
                path.push(key);
                self.visit(value, path, see);
                path.pop();
            }
        }
    }

    /// Makes edits of ranges that do not overlap.
    fn replace(&mut self, mut edits: Vec<Edit>) {
        edits.sort_by_key(|(range, _)| range.start);
        let edited = |text: &str| {
            let (mut edited, mut done) = (String::with_capacity(text.len()), 0);
            for (range, with) in &edits {
                edited.push_str(&text[done..range.start]);
                edited.push_str(with);
                done = range.end;
            }
            edited + &text[done..]
        };
        (self.text, self.json) = (edited(&self.text), edited(&self.json));
    }

    /// The members of the object that lies there.
    fn members(&self, object: Range<usize>) -> Vec<Member> {
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
                    if let Ok(name) = serde_json::from_str(&self.json[key.clone()]) {
                        let value = trimmed(start..i);
                        members.push(Member { key: name, start: key.start, value });
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
