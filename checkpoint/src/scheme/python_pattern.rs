//! Tells regular expressions that Python reads in another way than this crate does.

use regex_syntax::ast::parse::Parser;
use regex_syntax::ast::{Ast, Span, Visitor, visit};

/// A part of a pattern that Python refuses or understands in another way.
pub(super) fn other_in_python(pattern: &str) -> Option<&str> {
    other_sign(pattern).or_else(|| {
        let ast = Parser::new().parse(pattern).ok()?;
        visit(&ast, Repeats).err().map(|span| &pattern[span.start.offset..span.end.offset])
    })
}

/// Looks for repeats that Python has not: of a repeat, and of a place.
struct Repeats;

impl Visitor for Repeats {
    type Output = ();
    type Err = Span;

    fn finish(self) -> Result<(), Span> {
        Ok(())
    }

    fn visit_pre(&mut self, ast: &Ast) -> Result<(), Span> {
        match ast {
            Ast::Repetition(repeat)
                if matches!(*repeat.ast, Ast::Repetition(_) | Ast::Assertion(_)) =>
            {
                Err(repeat.span)
            }
            _ => Ok(()),
        }
    }
}

/// A sign that Python reads in another way.
fn other_sign(pattern: &str) -> Option<&str> {
    const ESCAPES: [&str; 9] = [r"\z", r"\p", r"\P", r"\<", r"\>", r"\b{", r"\x{", r"\u", r"\U"];
    let (mut at, mut in_class) = (0, false);
    while let Some(next) = pattern[at..].chars().next() {
        let rest = &pattern[at..];
        let has =
            |parts: &[&'static str]| parts.iter().copied().find(|&part| rest.starts_with(part));
        let mut len = next.len_utf8();
        match next {
            '\\' => {
                if let Some(part) = has(&ESCAPES) {
                    return Some(&rest[..part.len()]);
                }
                len += rest[1..].chars().next().map_or(0, char::len_utf8);
            }
            '[' if in_class => return Some(&rest[..1]),
            '[' => {
                in_class = true;
                // Here a bracket that closes stands for itself.
                len = ["[^]", "[]", "[^"]
                    .iter()
                    .find(|s| rest.starts_with(**s))
                    .map_or(1, |s| s.len());
            }
            ']' => in_class = false,
            _ if in_class => {
                if let Some(part) = has(&["&&", "--", "~~"]) {
                    return Some(&rest[..part.len()]);
                }
            }
            '(' => {
                let flags = rest.strip_prefix("(?").unwrap_or_default();
                let end = flags.find([':', ')']).unwrap_or(0);
                let is_flags =
                    end > 0 && flags[..end].chars().all(|c| c == '-' || c.is_alphabetic());
                // Flags for all that follows stand at the beginning, and are set there.
                let is_late = is_flags
                    && flags[end..].starts_with(')')
                    && (at > 0 || flags[..end].contains('-'));
                let is_named =
                    flags.starts_with('<') && !flags.starts_with("<=") && !flags.starts_with("<!");
                if is_named || is_late || is_flags && flags[..end].contains(['U', 'R', 'u']) {
                    return Some(&rest[..(2 + end + 1).min(rest.len())]);
                }
            }
            _ => {}
        }
        at += len;
    }
    None
}
