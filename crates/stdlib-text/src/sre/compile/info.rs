//! The block in front of the code: how long a match is at least and at most, and what it begins with.

use super::emit::{fill, hole, is_folded};
use super::node::{Item, Node, Sequence};
use super::{Context, charset, combine, op};
use object::PyResult;

/// What a pattern begins with.
struct Prefix {
    literals: Vec<u32>,
    /// How many of them stand before the first group.
    skip: Option<usize>,
    /// Whether that is all of the pattern.
    whole: bool,
}

fn prefix(sequence: &Sequence, flags: u32, context: &Context<'_>) -> Prefix {
    let mut found = Prefix { literals: Vec::new(), skip: None, whole: false };
    for node in &sequence.nodes {
        match node {
            Node::Literal(literal) if !is_folded(*literal, flags, context) => found.literals.push(*literal),
            Node::Group { group, add, del, body } => {
                let inner = prefix(body, combine(flags, *add, *del), context);
                if found.skip.is_none() {
                    found.skip = match group {
                        Some(_) => Some(found.literals.len()),
                        None => inner.skip.map(|skip| found.literals.len() + skip),
                    };
                }
                found.literals.extend(inner.literals);
                if !inner.whole {
                    return found;
                }
            }
            _ => return found,
        }
    }
    found.whole = true;
    found
}

/// The characters that a match can begin with, where they are easily known.
fn first_characters(sequence: &Sequence, mut flags: u32, context: &Context<'_>) -> Option<Vec<Item>> {
    let mut sequence = sequence;
    let first = loop {
        match sequence.nodes.first()? {
            Node::Group { add, del, body, .. } => {
                flags = combine(flags, *add, *del);
                sequence = body;
            }
            first => break first,
        }
    };
    let plain = |literal: u32| !is_folded(literal, flags, context);
    match first {
        Node::Literal(literal) => plain(*literal).then(|| vec![Item::Literal(*literal)]),
        Node::Branch(branches) => branches
            .iter()
            .map(|branch| match branch.nodes.first() {
                Some(Node::Literal(literal)) if plain(*literal) => Some(Item::Literal(*literal)),
                _ => None,
            })
            .collect(),
        Node::In(set) => {
            let usable = context.case(flags).is_none_or(|_| {
                set.iter().all(|item| match item {
                    Item::Literal(literal) => plain(*literal),
                    Item::Range(low, high) => *high <= 0xffff && (*low..=*high).all(plain),
                    _ => true,
                })
            });
            usable.then(|| set.clone())
        }
        _ => None,
    }
}

/// For each place of the prefix: how much of the prefix's own beginning ends there (Knuth, Morris and Pratt's table).
fn overlaps(prefix: &[u32]) -> Vec<u32> {
    let mut table: Vec<u32> = Vec::new();
    for (place, character) in prefix.iter().enumerate() {
        if place == 0 {
            table.push(0);
            continue;
        }
        let mut length = table.last().copied().unwrap_or(0);
        let before = |length: u32| table.get((length as usize).wrapping_sub(1)).copied().unwrap_or(0);
        let matches = |length: u32| prefix.get(length as usize) == Some(character);
        while length > 0 && !matches(length) {
            length = before(length);
        }
        table.push(if matches(length) { length + 1 } else { 0 });
    }
    table
}

/// Writes the block.
pub fn emit(code: &mut Vec<u32>, body: &Sequence, flags: u32, context: &Context<'_>) -> PyResult<()> {
    let (low, high) = body.width(&context.widths);
    let limited = |width: u128| u32::try_from(width).unwrap_or(u32::MAX);
    if low == 0 {
        code.extend([op::INFO, 4, 0, 0, limited(high)]);
        return Ok(());
    }
    let found = prefix(body, flags, context);
    let mut set = Vec::new();
    if found.literals.is_empty()
        && let Some(first) = first_characters(body, flags, context)
    {
        set = charset::optimize(&first, None)?.0;
        if charset::is_all(&set) {
            set.clear();
        }
    }
    code.push(op::INFO);
    let skip = hole(code);
    code.push(if !found.literals.is_empty() {
        let whole = found.skip.is_none() && found.whole;
        op::INFO_PREFIX | if whole { op::INFO_LITERAL } else { 0 }
    } else if !set.is_empty() {
        op::INFO_CHARSET
    } else {
        0
    });
    code.extend([limited(low), limited(high)]);
    if !found.literals.is_empty() {
        let length = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        code.extend([length(found.literals.len()), length(found.skip.unwrap_or(found.literals.len()))]);
        code.extend_from_slice(&found.literals);
        code.extend(overlaps(&found.literals));
    } else if !set.is_empty() {
        charset::emit(&set, flags, code);
    }
    fill(code, skip, 0);
    Ok(())
}
