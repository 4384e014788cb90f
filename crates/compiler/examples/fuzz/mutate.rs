//! Inputs: pieces of real programs, damaged, and sentences of the grammar.

use crate::grammar::{Grammar, WORDS};
use crate::random::Random;
use std::path::Path;

/// Real programs.
pub struct Corpus {
    files: Vec<Vec<u8>>,
    /// Words that occur in them.
    words: Vec<Vec<u8>>,
    grammar: Grammar,
}

impl Corpus {
    /// All programs in a folder.
    pub fn read(folder: &Path) -> Corpus {
        let mut files = Vec::new();
        read_folder(folder, &mut files);
        files.sort();
        files.dedup();
        let mut words: Vec<Vec<u8>> = Vec::new();
        for file in files.iter().step_by(7) {
            words
                .extend(tokens(file).into_iter().filter(|word| word.len() > 1 && word.len() < 30).map(<[u8]>::to_vec).take(2000));
        }
        words.sort();
        words.dedup();
        Corpus { files, words, grammar: Grammar::new() }
    }

    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// An input; it may be no UTF-8.
    pub fn input(&self, random: &mut Random) -> Vec<u8> {
        let mut out = Vec::new();
        match random.below(16) {
            0..5 => {
                self.grammar.sentence(random, &self.words, &mut out);
                if random.one_in(2) {
                    self.damage(random, &mut out);
                }
            }
            5 => {
                self.soup(random, &mut out);
            }
            _ => {
                self.piece(random, &mut out);
                for _ in 0..random.below(3) + usize::from(random.one_in(4)) {
                    self.damage(random, &mut out);
                }
            }
        }
        if random.one_in(40) {
            nest(random, &mut out);
        }
        if !out.ends_with(b"\n") && random.one_in(2) {
            out.push(b'\n');
        }
        out
    }

    /// A damaged piece of a program, never whole by intention.
    pub fn mutant(&self, random: &mut Random) -> Vec<u8> {
        let mut out = Vec::new();
        self.piece(random, &mut out);
        for _ in 0..1 + random.below(3) {
            self.damage(random, &mut out);
        }
        if random.one_in(60) {
            nest(random, &mut out);
        }
        out
    }

    /// Some lines of a file, moved to the left margin.
    fn piece(&self, random: &mut Random, out: &mut Vec<u8>) {
        let Some(file) = self.files.get(random.below(self.files.len())) else { return };
        let start = random.below(file.len());
        let start = file.get(..start).and_then(|head| head.iter().rposition(|b| *b == b'\n')).map_or(0, |at| at + 1);
        let count = if random.one_in(50) { 60 } else { 1 + random.below(7) };
        let lines = file.get(start..).unwrap_or_default().split_inclusive(|b| *b == b'\n').take(count);
        let mut margin = None;
        for line in lines {
            let indent = line.iter().take_while(|b| **b == b' ').count();
            let blank = line.trim_ascii().is_empty();
            let margin = if blank { margin.unwrap_or(indent) } else { *margin.get_or_insert(indent) };
            if indent < margin && !blank && !random.one_in(20) {
                break;
            }
            out.extend_from_slice(line.get(indent.min(margin)..).unwrap_or_default());
            if out.len() > 4000 {
                break;
            }
        }
    }

    /// Words without sense.
    fn soup(&self, random: &mut Random, out: &mut Vec<u8>) {
        for _ in 0..1 + random.below(20) {
            self.word(random, out);
            if random.one_in(2) {
                out.push(b' ');
            }
        }
    }

    fn word(&self, random: &mut Random, out: &mut Vec<u8>) {
        if random.one_in(3)
            && let Some(word) = self.words.get(random.below(self.words.len()))
        {
            out.extend_from_slice(word);
        } else if let Some(word) = random.pick(&WORDS) {
            out.extend_from_slice(word.as_bytes());
        }
    }

    fn damage(&self, random: &mut Random, text: &mut Vec<u8>) {
        if random.one_in(3) { self.damage_bytes(random, text) } else { self.damage_tokens(random, text) }
    }

    fn damage_bytes(&self, random: &mut Random, text: &mut Vec<u8>) {
        let at = random.below(text.len() + 1);
        let end = (at + 1 + random.below(8)).min(text.len());
        match random.below(9) {
            0 => drop(text.drain(at..end)),
            1 => text.truncate(at),
            2 => text.insert(at, (random.next() >> 57) as u8),
            3 => text.insert(at, (random.next() >> 56) as u8),
            4 => {
                if let Some(byte) = text.get_mut(at) {
                    *byte ^= 1 << random.below(8);
                }
            }
            5 => {
                let copy = text.get(at..end).unwrap_or_default().to_vec();
                text.splice(at..at, copy);
            }
            6 => {
                let odd = [
                    "é", "\u{feff}", "𝐱", "ª", "\u{a0}", "€", "\u{200b}", "ſ", "\u{300}", "١", "\r\n", "\r", "\t", "\x0c",
                    "\x1b", "\\",
                ];
                text.splice(at..at, random.pick(&odd).unwrap_or("é").bytes());
            }
            7 => {
                let mut word = Vec::new();
                self.word(random, &mut word);
                text.splice(at..at, word);
            }
            _ => {
                let mut other = Vec::new();
                self.piece(random, &mut other);
                let half = random.below(other.len());
                text.truncate(at);
                text.extend_from_slice(other.get(half..).unwrap_or_default());
            }
        }
    }

    fn damage_tokens(&self, random: &mut Random, text: &mut Vec<u8>) {
        let parts = tokens(text);
        if parts.is_empty() {
            return;
        }
        let mut parts: Vec<Vec<u8>> = parts.into_iter().map(<[u8]>::to_vec).collect();
        let at = random.below(parts.len());
        let other = random.below(parts.len());
        match random.below(7) {
            0 => drop(parts.remove(at)),
            1 => parts.swap(at, other),
            2 => {
                let copy = parts.get(other).cloned().unwrap_or_default();
                parts.insert(at, copy);
            }
            3 => {
                let (from, to) = (at.min(other), at.max(other).min(at.min(other) + 12));
                drop(parts.drain(from..to));
            }
            4 | 5 => {
                let mut word = Vec::new();
                self.word(random, &mut word);
                if random.one_in(2) {
                    word.push(b' ');
                }
                if random.one_in(2) {
                    parts.insert(at, word);
                } else if let Some(part) = parts.get_mut(at) {
                    *part = word;
                }
            }
            _ => {
                let (from, to) = (at.min(other), at.max(other).min(at.min(other) + 12));
                let copy: Vec<Vec<u8>> = parts.get(from..to).unwrap_or_default().to_vec();
                parts.splice(from..from, copy);
            }
        }
        *text = parts.concat();
    }
}

/// Puts the text into many brackets, or repeats what stands before it.
fn nest(random: &mut Random, text: &mut Vec<u8>) {
    let most = if random.one_in(4) { 210 } else { 30 };
    let count = 1 + random.below(most);
    let shapes = [
        ("(", ")"),
        ("[", "]"),
        ("{", "}"),
        ("f(", ")"),
        ("a[", "]"),
        ("-", ""),
        ("not ", ""),
        ("lambda:", ""),
        ("x if ", " else y"),
        ("await ", ""),
        ("*", ""),
        ("f'{", "}'"),
        ("if a:\n ", ""),
        ("a.b(c=", ")"),
        ("{a:", "}"),
        ("", ".b"),
        ("", "(a)"),
        ("", "[0]"),
        ("yield ", ""),
        ("x := ", ""),
        ("@", "\n"),
        ("case ", ":"),
        ("a = ", ""),
        ("[x for x in ", "]"),
    ];
    let Some((open, close)) = shapes.get(random.below(shapes.len())) else { return };
    let mut out = open.repeat(count).into_bytes();
    out.append(text);
    let closing = if random.one_in(3) { random.below(count) } else { count };
    out.extend_from_slice(close.repeat(closing).as_bytes());
    *text = out;
}

/// Splits into words, numbers, blanks and single characters.
fn tokens(text: &[u8]) -> Vec<&[u8]> {
    text.chunk_by(|a, b| {
        let word = |c: u8| c.is_ascii_alphanumeric() || c == b'_' || c >= 0x80;
        (word(*a) && word(*b)) || (*a == b' ' && *b == b' ')
    })
    .collect()
}

fn read_folder(folder: &Path, files: &mut Vec<Vec<u8>>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            read_folder(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "py")
            && let Ok(content) = std::fs::read(&path)
            && !content.is_empty()
        {
            files.push(content);
        }
    }
}
