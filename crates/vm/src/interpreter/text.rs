//! f-strings and t-strings.

use crate::frame::Frame;
use builtins::template::{Interpolation, Template};
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
    let result = value.format(text::empty().b())?;
    frame.push(result);
    Ok(())
}

fn format_with_spec(frame: &Frame, _oparg: u32) -> PyResult<()> {
    let spec = frame.pop();
    let value = frame.pop();
    let result = value.format(spec.b())?;
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
    let mut builder = text::Builder::new();
    for piece in frame.own_top(count) {
        builder.push_object(*piece)?;
    }
    let result = builder.finish()?;
    frame.drop_top(count);
    frame.push(result);
    Ok(())
}

fn build_interpolation(frame: &Frame, oparg: u32) -> PyResult<()> {
    let spec = if oparg & 1 != 0 { frame.pop_ref() } else { text::empty() };
    let expression = frame.pop();
    let value = frame.pop();
    let conversion = match oparg >> 2 {
        1 => text::new("s")?,
        2 => text::new("r")?,
        3 => text::new("a")?,
        _ => core::none_ref(),
    };
    let made = Interpolation::make(value.b().to_ref(), expression.b().to_ref(), conversion, spec)?;
    frame.push(made);
    Ok(())
}

fn build_template(frame: &Frame, _oparg: u32) -> PyResult<()> {
    let interpolations = frame.pop();
    let strings = frame.pop();
    let made = Template::make(strings.b().to_ref(), interpolations.b().to_ref())?;
    frame.push(made);
    Ok(())
}
