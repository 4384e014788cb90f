//! `typing.Union`.
pub fn or(_l: object::Borrowed<'_>, _r: object::Borrowed<'_>) -> object::PyResult {
    Ok(object::core::not_implemented().to_ref())
}
