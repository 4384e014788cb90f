//! Private names: `__x` in a class body becomes `_Class__x`.

use std::borrow::Cow;
use syntax::text::{Name, TextBuilder};

/// Mangles `name` for the class `private`, where the rules ask for it.
#[inline]
pub fn mangle<'n>(private: Option<&Name>, name: &'n Name) -> Cow<'n, Name> {
    match private {
        Some(private) if name.is_private() => mangle_private(private, name),
        _ => Cow::Borrowed(name),
    }
}

fn mangle_private<'n>(private: &Name, name: &'n Name) -> Cow<'n, Name> {
    let bytes = name.as_bytes();
    if bytes.ends_with(b"__") || bytes.contains(&b'.') {
        return Cow::Borrowed(name);
    }
    let class = private.as_bytes();
    let Some(start) = class.iter().position(|b| *b != b'_') else { return Cow::Borrowed(name) };
    let mut mangled = TextBuilder::default();
    mangled.push_str("_");
    mangled.push_bytes(class.get(start..).unwrap_or_default());
    mangled.push_bytes(bytes);
    Cow::Owned(Name::new(mangled.finish()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_private_names_change() {
        let class = Name::from("__Spam");
        let mangled = |name: &str| mangle(Some(&class), &Name::from(name)).into_owned();
        assert_eq!(mangled("__x"), "_Spam__x");
        assert_eq!(mangled("__x__"), "__x__");
        assert_eq!(mangled("_x"), "_x");
        assert_eq!(mangled("__a.b"), "__a.b");
        assert_eq!(*mangle(Some(&Name::from("___")), &Name::from("__x")), "__x");
        assert_eq!(*mangle(None, &Name::from("__x")), "__x");
    }
}
