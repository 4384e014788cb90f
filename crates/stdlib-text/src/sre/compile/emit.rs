//! The tree to code.

use super::node::{Greed, Node, Sequence};
use super::{Case, Context, DOTALL, IGNORECASE, MULTILINE, UNICODE, charset, combine, op};
use object::PyResult;

/// Writes a place for a distance, to be filled by [`fill`].
pub fn hole(code: &mut Vec<u32>) -> usize {
    code.push(0);
    code.len() - 1
}

/// Fills a place with the distance from it to here.
pub fn fill(code: &mut [u32], hole: usize, more: u32) {
    let distance = u32::try_from(code.len() - hole).unwrap_or(u32::MAX).saturating_add(more);
    if let Some(slot) = code.get_mut(hole) {
        *slot = distance;
    }
}

/// Writes the code of a sequence; false if Python is to report an error.
pub fn emit(code: &mut Vec<u32>, sequence: &Sequence, flags: u32, context: &Context<'_>) -> PyResult<bool> {
    for node in &sequence.nodes {
        if !emit_node(code, node, flags, context)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn emit_node(code: &mut Vec<u32>, node: &Node, flags: u32, context: &Context<'_>) -> PyResult<bool> {
    match node {
        Node::Literal(literal) => emit_literal(code, *literal, false, context.case(flags))?,
        Node::NotLiteral(literal) => emit_literal(code, *literal, true, context.case(flags))?,
        Node::Any => code.push(if flags & DOTALL != 0 { op::ANY_ALL } else { op::ANY }),
        Node::In(set) => {
            let case = context.case(flags);
            let (set, cased) = charset::optimize(set, case)?;
            if set.is_empty() {
                code.push(op::FAILURE);
            } else if charset::is_all(&set) {
                code.push(op::ANY_ALL);
            } else {
                code.push(match case {
                    Some(case) if cased && case.extra.is_some() => op::IN_UNI_IGNORE,
                    Some(_) if cased => op::IN_IGNORE,
                    _ => op::IN,
                });
                let skip = hole(code);
                charset::emit(&set, flags, code);
                fill(code, skip, 0);
            }
        }
        Node::At(place) => {
            let place = match *place {
                op::AT_BEGINNING if flags & MULTILINE != 0 => op::AT_BEGINNING_LINE,
                op::AT_END if flags & MULTILINE != 0 => op::AT_END_LINE,
                op::AT_BOUNDARY if flags & UNICODE != 0 => op::AT_UNI_BOUNDARY,
                op::AT_NON_BOUNDARY if flags & UNICODE != 0 => op::AT_UNI_NON_BOUNDARY,
                place => place,
            };
            code.extend([op::AT, place]);
        }
        Node::Branch(branches) => {
            code.push(op::BRANCH);
            let mut ends = Vec::new();
            for branch in branches {
                let skip = hole(code);
                if !emit(code, branch, flags, context)? {
                    return Ok(false);
                }
                code.push(op::JUMP);
                ends.push(hole(code));
                fill(code, skip, 0);
            }
            code.push(op::FAILURE);
            ends.into_iter().for_each(|end| fill(code, end, 0));
        }
        Node::Group { group, add, del, body } => {
            let mark = group.map(|group| u32::try_from((group - 1) * 2).unwrap_or(0));
            if let Some(mark) = mark {
                code.extend([op::MARK, mark]);
            }
            if !emit(code, body, combine(flags, *add, *del), context)? {
                return Ok(false);
            }
            if let Some(mark) = mark {
                code.extend([op::MARK, mark + 1]);
            }
        }
        Node::Atomic(body) => {
            code.push(op::ATOMIC_GROUP);
            let skip = hole(code);
            return emit_closed(code, body, flags, context, skip);
        }
        Node::Repeat { greed, min, max, body } => return emit_repeat(code, (*greed, *min, *max), body, flags, context),
        Node::Assert { behind, not, body } => {
            code.push(if *not { op::ASSERT_NOT } else { op::ASSERT });
            let skip = hole(code);
            let distance = if *behind {
                let (low, high) = body.width(&context.widths);
                match u32::try_from(low) {
                    Ok(distance) if low == high => distance,
                    _ => return Ok(false),
                }
            } else {
                0
            };
            code.push(distance);
            return emit_closed(code, body, flags, context, skip);
        }
        Node::Backreference(group) => {
            code.push(match context.case(flags) {
                None => op::GROUPREF,
                Some(Case { extra: None }) => op::GROUPREF_IGNORE,
                Some(_) => op::GROUPREF_UNI_IGNORE,
            });
            code.push(u32::try_from(group - 1).unwrap_or(0));
        }
        Node::Conditional { group, yes, no } => {
            code.extend([op::GROUPREF_EXISTS, u32::try_from(group - 1).unwrap_or(0)]);
            let skip_yes = hole(code);
            if !emit(code, yes, flags, context)? {
                return Ok(false);
            }
            match no.as_ref().filter(|no| !no.nodes.is_empty()) {
                Some(no) => {
                    code.push(op::JUMP);
                    let skip_no = hole(code);
                    fill(code, skip_yes, 1);
                    if !emit(code, no, flags, context)? {
                        return Ok(false);
                    }
                    fill(code, skip_no, 0);
                }
                None => fill(code, skip_yes, 1),
            }
        }
        Node::Failure => code.push(op::FAILURE),
    }
    Ok(true)
}

/// A part that ends by itself.
fn emit_closed(code: &mut Vec<u32>, body: &Sequence, flags: u32, context: &Context<'_>, skip: usize) -> PyResult<bool> {
    if !emit(code, body, flags, context)? {
        return Ok(false);
    }
    code.push(op::SUCCESS);
    fill(code, skip, 0);
    Ok(true)
}

fn emit_repeat(
    code: &mut Vec<u32>,
    (greed, min, max): (Greed, u32, u32),
    body: &Sequence,
    flags: u32,
    context: &Context<'_>,
) -> PyResult<bool> {
    let (general, end, single) = match greed {
        Greed::Greedy => (op::REPEAT, op::MAX_UNTIL, op::REPEAT_ONE),
        Greed::Lazy => (op::REPEAT, op::MIN_UNTIL, op::MIN_REPEAT_ONE),
        Greed::Possessive => (op::POSSESSIVE_REPEAT, op::SUCCESS, op::POSSESSIVE_REPEAT_ONE),
    };
    let simple = is_simple(body);
    code.push(if simple { single } else { general });
    let skip = hole(code);
    code.extend([min, max]);
    if simple {
        return emit_closed(code, body, flags, context, skip);
    }
    if !emit(code, body, flags, context)? {
        return Ok(false);
    }
    fill(code, skip, 0);
    code.push(end);
    Ok(true)
}

/// Whether each repetition is one character.
fn is_simple(body: &Sequence) -> bool {
    match body.nodes.as_slice() {
        [Node::Group { group: None, body, .. }] => is_simple(body),
        [Node::Literal(_) | Node::NotLiteral(_) | Node::Any | Node::In(_)] => true,
        _ => false,
    }
}

fn emit_literal(code: &mut Vec<u32>, literal: u32, not: bool, case: Option<Case<'_>>) -> PyResult<()> {
    let plain = if not { op::NOT_LITERAL } else { op::LITERAL };
    let Some(case) = case.filter(|case| case.is_cased(literal)) else {
        code.extend([plain, literal]);
        return Ok(());
    };
    let low = case.lower(literal);
    let Some(extra) = case.extra else {
        code.extend([if not { op::NOT_LITERAL_IGNORE } else { op::LITERAL_IGNORE }, low]);
        return Ok(());
    };
    let others = extra.get(low)?;
    if others.is_empty() {
        code.extend([if not { op::NOT_LITERAL_UNI_IGNORE } else { op::LITERAL_UNI_IGNORE }, low]);
        return Ok(());
    }
    code.push(op::IN_UNI_IGNORE);
    let skip = hole(code);
    if not {
        code.push(op::NEGATE);
    }
    for other in std::iter::once(low).chain(others) {
        code.extend([op::LITERAL, other]);
    }
    code.push(op::FAILURE);
    fill(code, skip, 0);
    Ok(())
}

/// Whether case is ignored and the letter has one.
pub fn is_folded(literal: u32, flags: u32, context: &Context<'_>) -> bool {
    flags & IGNORECASE != 0 && context.case(flags).is_some_and(|case| case.is_cased(literal))
}
