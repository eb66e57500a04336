//! Reads the table of what the classes of transformers are made of.
//!
//! `scripts/architectures` writes the table, and says there what each kind of line means.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::kind::ModuleKind;
use super::limit::Limit;

const TABLE: &str = include_str!("table.txt");

static SECTIONS: LazyLock<BTreeMap<&str, Section>> = LazyLock::new(|| {
    // A section's first line is not indented.
    let mut sections = BTreeMap::new();
    let mut rest = TABLE.split_once('\n').map_or("", |(_, rest)| rest);
    while let Some((head, after)) = rest.split_once('\n') {
        let mut end = 0;
        for line in after.split_inclusive('\n').take_while(|line| line.starts_with("  ")) {
            end += line.len();
        }
        let (lines, next) = after.split_at(end);
        rest = next;
        let mut words = head.split(' ');
        if let (Some(class), Some(model_type), Some(base)) =
            (words.next(), words.next(), words.next())
        {
            let base = (base != "base").then_some(base);
            sections.insert(class, Section { model_type, base, lines });
        }
    }
    sections
});

/// What a class is made of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Section {
    pub(super) model_type: &'static str,
    /// The attribute that holds the base model, if the class is not a base model itself.
    pub(super) base: Option<&'static str>,
    lines: &'static str,
}

/// One line of a section. Names are relative to the class, and have `*` for indices.
#[derive(Clone, Copy, Debug)]
pub(super) enum Line {
    /// A module, or a parameter of stacked experts.
    Module { kind: ModuleKind, limit: Option<Limit>, prefix: &'static str, leaf: &'static str },
    /// A model of another class.
    Class { prefix: &'static str, class: &'static str },
    /// A model that this member of the config describes. `auto` chooses its class, which by default
    /// is `class`.
    Config { prefix: &'static str, key: &'static str, auto: &'static str, class: &'static str },
    /// Modules have these names in the running model and on disk.
    Rename { running: &'static str, stored: &'static str },
    /// Names on disk that begin with `stored` may have `also` in its place.
    Also { stored: &'static str, also: &'static str },
    /// In another class of the type, which loads the same checkpoint, names in the running model that
    /// begin with `running` have `other` in its place.
    Elsewhere { running: &'static str, other: &'static str },
    /// The running model makes one parameter of all that have such a name on disk.
    Merge { running: &'static str, stored: &'static str },
    /// The running model has some rows of what has this name on disk.
    Split { running: &'static str, stored: &'static str },
    /// The running model makes its modules of what has this name on disk in another way.
    Convert { running: &'static str, stored: &'static str },
}

impl Section {
    pub(super) fn of(class: &str) -> Option<Self> {
        SECTIONS.get(class).copied()
    }

    /// The class that an auto class of transformers takes for a type of models.
    pub(super) fn chosen(auto: &str, model_type: &str) -> Option<Self> {
        let is_chosen = |section: &Self| {
            section.lines.lines().any(|line| {
                let types = line.strip_prefix("  auto ").and_then(|line| line.strip_prefix(auto));
                let types = types.and_then(|types| types.strip_prefix(": "));
                types.is_some_and(|types| types.split(' ').any(|known| known == model_type))
            })
        };
        SECTIONS.values().copied().find(is_chosen)
    }

    /// Whether some class is for this type of models.
    pub(super) fn has_type(model_type: &str) -> bool {
        Self::of_type(model_type).next().is_some()
    }

    /// The classes of a type of models.
    pub(super) fn of_type(model_type: &str) -> impl Iterator<Item = (&'static str, Self)> {
        let all = SECTIONS.iter().map(|(class, section)| (*class, *section));
        all.filter(move |(_, section)| section.model_type == model_type)
    }

    /// Whether transformers loads no quantized model of this class.
    pub(super) fn is_unloadable(self) -> bool {
        self.lines.lines().any(|line| line == "  unloadable")
    }

    /// The key of the config that the class reads in a whole model's config, where it is there.
    pub(super) fn key(self) -> Option<&'static str> {
        self.lines.lines().find_map(|line| line.strip_prefix("  key "))
    }

    /// The ends of names in the running model of which transformers needs a quantized module each,
    /// or it does not load a quantized model of this class.
    pub(super) fn needs(self) -> impl Iterator<Item = &'static str> {
        self.lines.lines().filter_map(|line| line.strip_prefix("  needs "))
    }

    pub(super) fn lines(self) -> Vec<Line> {
        let mut lines = Vec::new();
        for line in self.lines.lines() {
            let mut words = line.split_ascii_whitespace();
            let (Some(what), Some(first)) = (words.next(), words.next()) else { continue };
            match (what, words.next(), words.next(), words.next()) {
                ("auto" | "needs" | "key", ..) => {}
                ("=", Some(class), ..) => lines.push(Line::Class { prefix: first, class }),
                ("@", Some(key), Some(auto), Some(class)) => {
                    lines.push(Line::Config { prefix: first, key, auto, class });
                }
                ("rename", Some(stored), ..) => {
                    lines.push(Line::Rename { running: first, stored });
                }
                ("also", Some(also), ..) => lines.push(Line::Also { stored: first, also }),
                ("elsewhere", Some(other), ..) => {
                    lines.push(Line::Elsewhere { running: first, other });
                }
                ("merge", Some(stored), ..) => lines.push(Line::Merge { running: first, stored }),
                ("split", Some(stored), ..) => lines.push(Line::Split { running: first, stored }),
                ("convert", Some(stored), ..) => {
                    lines.push(Line::Convert { running: first, stored });
                }
                (kind, ..) => {
                    let limit = (kind == "linear-init").then_some(Limit::Initialized);
                    let (Some(kind), Some((names, leaves))) =
                        (kind_of(kind), line.split_once(": "))
                    else {
                        continue;
                    };
                    let prefix =
                        names.trim_start().split_once(' ').map_or("", |(_, prefix)| prefix);
                    let leaves = leaves.split(' ');
                    lines.extend(leaves.map(|leaf| Line::Module { kind, limit, prefix, leaf }));
                }
            }
        }
        lines
    }
}

fn kind_of(word: &str) -> Option<ModuleKind> {
    Some(match word {
        "linear" | "linear-init" => ModuleKind::Linear,
        "head" => ModuleKind::Head,
        "router" => ModuleKind::Router,
        "embedding" => ModuleKind::Embedding,
        "conv1d" => ModuleKind::Conv1d,
        "conv" => ModuleKind::Convolution,
        "experts-oi" | "experts-io" | "experts-??" => ModuleKind::Experts,
        "other" => ModuleKind::Other,
        _ => return None,
    })
}
