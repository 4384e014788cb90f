//! Private names: `__x` in a class body becomes `_Class__x`.

use syntax::text::{Name, TextBuilder};

/// Mangles `name` for the class `private`, where the rules ask for it.
pub fn mangle(private: Option<&Name>, name: &Name) -> Name {
    let Some(private) = private else { return name.clone() };
    let bytes = name.as_bytes();
    if !bytes.starts_with(b"__") || bytes.ends_with(b"__") || bytes.contains(&b'.') {
        return name.clone();
    }
    let class = private.as_bytes();
    let Some(start) = class.iter().position(|b| *b != b'_') else { return name.clone() };
    let mut mangled = TextBuilder::default();
    mangled.push_str("_");
    mangled.push_bytes(class.get(start..).unwrap_or_default());
    mangled.push_bytes(bytes);
    Name::new(mangled.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_private_names_change() {
        let class = Name::from("__Spam");
        let mangled = |name: &str| mangle(Some(&class), &Name::from(name));
        assert_eq!(mangled("__x"), "_Spam__x");
        assert_eq!(mangled("__x__"), "__x__");
        assert_eq!(mangled("_x"), "_x");
        assert_eq!(mangled("__a.b"), "__a.b");
        assert_eq!(mangle(Some(&Name::from("___")), &Name::from("__x")), "__x");
        assert_eq!(mangle(None, &Name::from("__x")), "__x");
    }
}
