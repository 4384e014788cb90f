//! Namespaces: prefixes in scope, and names with their URIs.

use super::errors::{RESERVED_NAMESPACE_URI, RESERVED_PREFIX_XML, RESERVED_PREFIX_XMLNS, UNBOUND_PREFIX, UNDECLARING_PREFIX};

const XML: &str = "http://www.w3.org/XML/1998/namespace";
const XMLNS: &str = "http://www.w3.org/2000/xmlns/";

/// The bindings in scope, innermost last.
#[derive(Debug, Default)]
pub struct Namespaces {
    bindings: Vec<(String, String)>,
}

/// The prefix and local part of a name.
pub fn split(name: &str) -> (Option<&str>, &str) {
    match name.split_once(':') {
        Some((prefix, local)) => (Some(prefix), local),
        None => (None, name),
    }
}

/// The prefix that an attribute declares: "" for `xmlns` itself.
pub fn declared_prefix(attribute: &str) -> Option<&str> {
    if attribute == "xmlns" { Some("") } else { attribute.strip_prefix("xmlns:") }
}

impl Namespaces {
    /// Adds a binding; an error code where it may not be.
    pub fn declare(&mut self, prefix: &str, uri: &str) -> Result<(), i32> {
        match prefix {
            "xmlns" => return Err(RESERVED_PREFIX_XMLNS),
            "xml" if uri != XML => return Err(RESERVED_PREFIX_XML),
            "xml" => {}
            _ if uri == XML || uri == XMLNS => return Err(RESERVED_NAMESPACE_URI),
            "" => {}
            _ if uri.is_empty() => return Err(UNDECLARING_PREFIX),
            _ => {}
        }
        self.bindings.push((prefix.to_owned(), uri.to_owned()));
        Ok(())
    }

    /// Takes the newest binding away and gives its prefix.
    pub fn pop(&mut self) -> Option<String> {
        self.bindings.pop().map(|(prefix, _)| prefix)
    }

    fn uri(&self, prefix: &str) -> Option<&str> {
        if prefix == "xml" {
            return Some(XML);
        }
        self.bindings.iter().rev().find(|(bound, _)| bound == prefix).map(|(_, uri)| uri.as_str())
    }

    /// The name with its URI in front and, where wanted, its prefix behind, `separator` between them.
    pub fn expand(&self, name: &str, is_element: bool, separator: &str, with_prefix: bool) -> Result<String, i32> {
        let (prefix, local) = split(name);
        match prefix {
            None if !is_element => Ok(name.to_owned()),
            None => match self.uri("").filter(|uri| !uri.is_empty()) {
                Some(uri) => Ok(format!("{uri}{separator}{local}")),
                None => Ok(name.to_owned()),
            },
            Some(prefix) => {
                let uri = self.uri(prefix).ok_or(UNBOUND_PREFIX)?;
                if with_prefix && !separator.is_empty() {
                    return Ok(format!("{uri}{separator}{local}{separator}{prefix}"));
                }
                Ok(format!("{uri}{separator}{local}"))
            }
        }
    }
}
