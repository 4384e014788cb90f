//! The tree of a pattern: what `re._parser` calls SubPattern.

use super::op;
use std::cell::Cell;

/// Least and greatest number of characters that something matches, at most [`WIDEST`].
pub type Width = (u128, u128);

/// `_parser.MAXWIDTH`
pub const WIDEST: u128 = 1 << 64;

/// A member of a character set.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Item {
    Negate,
    Literal(u32),
    Range(u32, u32),
    /// A range beyond the basic plane whose case does not matter.
    RangeIgnore(u32, u32),
    Category(u32),
    /// A bitmap of 256 characters.
    Charset(Vec<u32>),
    /// A bitmap of the basic plane, in pieces.
    BigCharset(Vec<u32>),
}

/// How a repeat goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Greed {
    Greedy,
    Lazy,
    Possessive,
}

/// A part of a pattern.
#[derive(Debug)]
pub enum Node {
    Literal(u32),
    NotLiteral(u32),
    Any,
    In(Vec<Item>),
    At(u32),
    Branch(Vec<Sequence>),
    Group { group: Option<usize>, add: u32, del: u32, body: Sequence },
    Atomic(Sequence),
    Repeat { greed: Greed, min: u32, max: u32, body: Sequence },
    Assert { behind: bool, not: bool, body: Sequence },
    Backreference(usize),
    Conditional { group: usize, yes: Sequence, no: Option<Sequence> },
    Failure,
}

/// Parts one behind the other.
#[derive(Debug, Default)]
pub struct Sequence {
    pub nodes: Vec<Node>,
    width: Cell<Option<Width>>,
}

impl Sequence {
    pub fn new(nodes: Vec<Node>) -> Sequence {
        Sequence { nodes, width: Cell::new(None) }
    }

    /// The width, where `widths` has those of the groups that were closed. A group that is open has none; no reference to it gets here.
    pub fn width(&self, widths: &[Option<Width>]) -> Width {
        if let Some(width) = self.width.get() {
            return width;
        }
        let (mut low, mut high) = (0u128, 0u128);
        for node in &self.nodes {
            let (least, most) = node.width(widths);
            low += least;
            high += most;
        }
        let width = (low.min(WIDEST), high.min(WIDEST));
        self.width.set(Some(width));
        width
    }
}

impl Node {
    fn width(&self, widths: &[Option<Width>]) -> Width {
        match self {
            Node::Literal(_) | Node::NotLiteral(_) | Node::Any | Node::In(_) => (1, 1),
            Node::At(_) | Node::Assert { .. } | Node::Failure => (0, 0),
            Node::Branch(branches) => {
                let all = branches.iter().map(|branch| branch.width(widths));
                all.fold((WIDEST, 0), |(low, high), (least, most)| (low.min(least), high.max(most)))
            }
            Node::Group { body, .. } | Node::Atomic(body) => body.width(widths),
            Node::Repeat { min, max, body, .. } => {
                let (least, most) = body.width(widths);
                let high = if *max == op::MAXREPEAT && most > 0 { WIDEST } else { most * u128::from(*max) };
                (least * u128::from(*min), high)
            }
            Node::Backreference(group) => widths.get(*group).copied().flatten().unwrap_or((0, 0)),
            Node::Conditional { yes, no, .. } => {
                let (least, most) = yes.width(widths);
                let (least_no, most_no) = no.as_ref().map_or((0, 0), |no| no.width(widths));
                (least.min(least_no), most.max(most_no))
            }
        }
    }

    /// Whether two parts are the same, as far as `re._parser` can tell: parts with parts inside never are.
    pub fn same(&self, other: &Node) -> bool {
        match (self, other) {
            (Node::Literal(one), Node::Literal(two))
            | (Node::NotLiteral(one), Node::NotLiteral(two))
            | (Node::At(one), Node::At(two)) => one == two,
            (Node::Any, Node::Any) | (Node::Failure, Node::Failure) => true,
            (Node::In(one), Node::In(two)) => one == two,
            (Node::Backreference(one), Node::Backreference(two)) => one == two,
            _ => false,
        }
    }
}
