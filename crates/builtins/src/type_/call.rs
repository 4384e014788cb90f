//! Calling a type: `type.__call__`.

use object::value::tuple;
use object::{Borrowed, PyResult, Ref, TypeObject, core, raise};

/// `class(*args, **kwargs)`: `tp_new`, then `tp_init` where that gave an instance of the class.
pub fn call(class: &TypeObject, args: Borrowed<'_>, kwargs: Option<Borrowed<'_>>) -> PyResult<Ref> {
    if class.is_type(&core::TYPE) {
        let items = tuple::items(args).unwrap_or_default();
        let has_keywords = match kwargs {
            Some(kwargs) => kwargs.len()? != 0,
            None => false,
        };
        if let [object] = items
            && !has_keywords
        {
            return Ok(object.class().to_ref());
        }
        if items.len() != 3 {
            return Err(raise!(TypeError, "type() takes 1 or 3 arguments"));
        }
    }
    let Some(new) = class.tp_new() else {
        return Err(raise!(TypeError, "cannot create '{}' instances", class.tp_name()));
    };
    let object = new(class.borrowed_type(), args, kwargs)?;
    let made = object.class();
    if !made.is_subtype(class) {
        return Ok(object);
    }
    if let Some(init) = made.tp_init() {
        PyResult::<()>::from(init(object.b(), args, kwargs))?;
    }
    Ok(object)
}
