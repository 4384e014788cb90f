//! f-strings and t-strings.

use crate::frame::Frame;
use object::value::str as text;
use object::{PyResult, core, raise};

general! {
    FORMAT_SIMPLE => format_simple;
    FORMAT_WITH_SPEC => format_with_spec;
    CONVERT_VALUE => convert_value;
    BUILD_STRING => build_string;
    BUILD_INTERPOLATION => build_interpolation;
    BUILD_TEMPLATE => build_template;
}

fn format_simple(frame: &Frame, _oparg: u32) -> PyResult<()> {
    let value = frame.pop();
    if text::check_exact(&value) {
        frame.push_slot(value.into_slot());
        return Ok(());
    }
    let result = builtins::format::format(value.b(), text::empty().b())?;
    frame.push(result);
    Ok(())
}

fn format_with_spec(frame: &Frame, _oparg: u32) -> PyResult<()> {
    let spec = frame.pop();
    let value = frame.pop();
    let result = builtins::format::format(value.b(), spec.b())?;
    frame.push(result);
    Ok(())
}

fn convert_value(frame: &Frame, oparg: u32) -> PyResult<()> {
    let value = frame.pop();
    let result = match oparg {
        1 => value.str()?,
        2 => value.repr()?,
        3 => value.ascii()?,
        _ => return Err(raise!(SystemError, "bad operand of CONVERT_VALUE")),
    };
    frame.push(result);
    Ok(())
}

fn build_string(frame: &Frame, oparg: u32) -> PyResult<()> {
    let count = oparg as usize;
    let result = text::concat(frame.own_top(count))?;
    frame.drop_top(count);
    frame.push(result);
    Ok(())
}

fn build_interpolation(frame: &Frame, oparg: u32) -> PyResult<()> {
    let spec = if oparg & 1 != 0 { frame.pop_ref() } else { text::empty() };
    let expression = frame.pop_ref();
    let value = frame.pop_ref();
    let conversion = match oparg >> 2 {
        1 => text::new("s")?,
        2 => text::new("r")?,
        3 => text::new("a")?,
        _ => core::none_ref(),
    };
    let made = builtins::template::new_interpolation(value, expression, conversion, spec)?;
    frame.push(made);
    Ok(())
}

fn build_template(frame: &Frame, _oparg: u32) -> PyResult<()> {
    let interpolations = frame.pop_ref();
    let strings = frame.pop_ref();
    let made = builtins::template::new(strings, interpolations)?;
    frame.push(made);
    Ok(())
}
