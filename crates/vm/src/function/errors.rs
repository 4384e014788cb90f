//! The TypeErrors of calls with wrong arguments.

use super::Function;
use crate::code::Code;
use crate::frame::Frame;
use object::value::{str as text, tuple};
use object::{Borrowed, Raised, raise, suggest};
use std::ops::Range;

fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}

/// "f() missing 2 required positional arguments: 'a' and 'b'".
#[cold]
pub fn missing(frame: &Frame, range: Range<usize>, kind: &str) -> Raised {
    let names = frame.code().localsplusnames();
    let mut missing = Vec::new();
    for index in range {
        if frame.local(index).is_null()
            && let Some(name) = names.get(index)
        {
            match name.repr_text() {
                Ok(name) => missing.push(name),
                Err(raised) => return raised,
            }
        }
    }
    let list = match missing.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [one, two] => format!("{one} and {two}"),
        [most @ .., last] => format!("{}, and {last}", most.join(", ")),
    };
    let count = missing.len();
    raise!(TypeError, "{}() missing {count} required {kind} argument{}: {list}", frame.function().qualname_text(), plural(count))
}

/// "f() takes 1 positional argument but 2 were given".
#[cold]
pub fn too_many_positional(frame: &Frame, given: usize) -> Raised {
    let code = frame.code();
    let argcount = code.arg_count();
    let kwonly = code.kwonlyargcount.get().cast_unsigned() as usize;
    let kwonly_given = (argcount..argcount + kwonly).filter(|index| !frame.local(*index).is_null()).count();
    let defaults = frame.function().defaults.get();
    let defaults = defaults.as_ref().and_then(|defaults| tuple::items(defaults.b())).map_or(0, <[_]>::len);
    let (many, signature) = if defaults > 0 {
        (true, format!("from {} to {argcount}", argcount.saturating_sub(defaults)))
    } else {
        (argcount != 1, argcount.to_string())
    };
    let keyword_part = if kwonly_given > 0 {
        format!(" positional argument{} (and {kwonly_given} keyword-only argument{})", plural(given), plural(kwonly_given))
    } else {
        String::new()
    };
    raise!(
        TypeError,
        "{}() takes {signature} positional argument{} but {given}{keyword_part} {} given",
        frame.function().qualname_text(),
        if many { "s" } else { "" },
        if given == 1 && kwonly_given == 0 { "was" } else { "were" }
    )
}

/// "f() got an unexpected keyword argument 'x'", with a suggestion where there is one.
#[cold]
pub fn unexpected_keyword(function: &Function, code: &Code, keywords: &[Borrowed<'_>], keyword: Borrowed<'_>) -> Raised {
    let posonly = code.posonlyargcount.get().cast_unsigned() as usize;
    let total = code.arg_count() + code.kwonlyargcount.get().cast_unsigned() as usize;
    let names = code.localsplusnames();
    let qualname = function.qualname_text();
    let wrongly_named: Vec<String> = names
        .iter()
        .take(posonly)
        .filter(|name| keywords.iter().any(|keyword| text::to_wtf8(*keyword) == text::to_wtf8(**name)))
        .map(|name| text::to_string_lossy(*name))
        .collect();
    if !wrongly_named.is_empty() {
        return raise!(
            TypeError,
            "{qualname}() got some positional-only arguments passed as keyword arguments: '{}'",
            wrongly_named.join(", ")
        );
    }
    let keyword = text::to_string_lossy(keyword);
    let candidates: Vec<String> =
        names.get(posonly..total).unwrap_or_default().iter().map(|name| text::to_string_lossy(*name)).collect();
    match suggest::closest(&keyword, candidates.iter().map(String::as_str)) {
        Some(better) => {
            raise!(TypeError, "{qualname}() got an unexpected keyword argument '{keyword}'. Did you mean '{better}'?")
        }
        None => raise!(TypeError, "{qualname}() got an unexpected keyword argument '{keyword}'"),
    }
}
