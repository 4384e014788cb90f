//! Docstrings of native objects: the text signature in front of them (`_PyType_DocWithoutSignature`).

const MARKER: &str = ")\n--\n\n";

/// Where the signature ends, if `doc` begins with one of the function `name`.
fn skip_signature<'a>(name: &str, doc: &'a str) -> Option<(&'a str, &'a str)> {
    let name = name.rsplit('.').next().unwrap_or(name);
    let rest = doc.strip_prefix(name)?;
    if !rest.starts_with('(') {
        return None;
    }
    let end = rest.find(MARKER)?;
    // A blank line before the marker means that the text is not a signature.
    if rest.get(..end).is_some_and(|head| head.contains("\n\n")) {
        return None;
    }
    Some((rest.get(..=end)?, rest.get(end + MARKER.len()..)?))
}

/// The docstring without its signature.
pub fn without_signature<'a>(name: &str, doc: &'a str) -> &'a str {
    skip_signature(name, doc).map_or(doc, |(_, text)| text)
}

/// The signature in front of the docstring: "(self, /)".
pub fn signature<'a>(name: &str, doc: &'a str) -> Option<&'a str> {
    skip_signature(name, doc).map(|(signature, _)| signature)
}

#[cfg(test)]
mod tests {
    use super::{signature, without_signature};

    #[test]
    fn signature_and_text_are_split() {
        let doc = "pop($self, /)\n--\n\nRemove.";
        assert_eq!(without_signature("pop", doc), "Remove.");
        assert_eq!(signature("pop", doc), Some("($self, /)"));
        assert_eq!(without_signature("push", doc), doc);
        assert_eq!(signature("f", "f(x) does\n\nmore (y)\n--\n\n"), None);
    }
}
