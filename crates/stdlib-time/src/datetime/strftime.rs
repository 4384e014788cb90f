//! `strftime`: what the C library does not know is put into the format first.

use super::calendar::Ymd;
use super::iso::offset_text;
use super::state::time_module;
use super::zone;
use object::value::str::{self as text, Builder};
use object::value::tuple;
use object::{Borrowed, PyResult, Ref, id, raise};

/// What a format may ask of an object.
pub struct Subject<'a> {
    /// A time tuple.
    pub tuple: Ref,
    /// The day, whose year the C library would write without leading zeros.
    pub day: Ymd,
    pub microsecond: i32,
    pub zone: Option<Ref>,
    /// What the zone is asked about.
    pub argument: Borrowed<'a>,
}

impl Subject<'_> {
    fn offset(&self, separator: &str) -> PyResult<String> {
        Ok(match zone::utc_offset(self.zone.as_ref(), self.argument)? {
            Some(offset) => offset_text(&offset, separator),
            None => String::new(),
        })
    }

    /// The zone's name, safe in a format.
    fn push_name(&self, out: &mut Builder) -> PyResult<()> {
        let Some(name) = zone::zone_name(self.zone.as_ref(), self.argument)? else { return Ok(()) };
        let doubled = name.call_method(id!("replace"), &[text::new("%")?.b(), text::new("%%")?.b()])?;
        if !text::check(doubled.b()) {
            return Err(raise!(TypeError, "tzname.replace() did not return a string"));
        }
        out.push_object(doubled.b())
    }

    /// What stands for a conversion; none where the C library knows it.
    fn push_conversion(&self, code: u8, out: &mut Builder) -> PyResult<bool> {
        let year = self.day.year;
        match code {
            b'z' => out.push_str(&self.offset("")?)?,
            b'Z' => self.push_name(out)?,
            b'f' => out.push_str(&format!("{:06}", self.microsecond))?,
            b'Y' if year < 1000 => out.push_str(&format!("{year:04}"))?,
            b'G' if year < 1000 => out.push_str(&format!("{:04}", self.day.iso().0))?,
            b'C' if year < 1000 => out.push_str(&format!("{:02}", year / 100))?,
            b'F' if year < 1000 => out.push_str(&format!("{year:04}-%m-%d"))?,
            _ => return Ok(false),
        }
        Ok(true)
    }
}

/// The text of an object by a format.
pub fn formatted(format: Borrowed<'_>, subject: &Subject<'_>) -> PyResult<Ref> {
    let codes: Vec<u32> = text::data(format).into_iter().flat_map(text::Data::iter).collect();
    let mut out = Builder::new();
    let percent = u32::from(b'%');
    let mut index = 0;
    while let Some(code) = codes.get(index).copied() {
        let next = codes.get(index + 1).copied();
        if code != percent {
            out.push(code)?;
            index += 1;
            continue;
        }
        if next == Some(u32::from(b':')) && codes.get(index + 2) == Some(&u32::from(b'z')) {
            out.push_str(&subject.offset(":")?)?;
            index += 3;
            continue;
        }
        let known = next.and_then(|next| u8::try_from(next).ok());
        let done = match known {
            Some(known) => subject.push_conversion(known, &mut out)?,
            None => false,
        };
        if !done {
            out.push(percent)?;
            if let Some(next) = next {
                out.push(next)?;
            }
        }
        index += 2;
    }
    let format = out.finish()?;
    time_module()?.call_method(id!("strftime"), &[format.b(), subject.tuple.b()])
}

/// `time.struct_time` of these nine numbers.
pub fn struct_time(fields: [i32; 9]) -> PyResult<Ref> {
    let values = fields.into_iter().map(super::args::number).collect::<PyResult<Vec<Ref>>>()?;
    let items = tuple::from_vec(values)?;
    time_module()?.getattr(id!("struct_time"))?.call1(items.b())
}
