//! `import` and `from … import`.

use super::Compiler;
use super::scope::intrinsic;
use crate::error::Result;
use bytecode::{Const, Location, Op};
use syntax::ast::Alias;
use syntax::text::{Name, Text};

impl Compiler<'_> {
    pub(crate) fn import(&mut self, names: &[Alias], loc: Location) -> Result<()> {
        for alias in names {
            self.load_const(Const::int(0), loc);
            self.load_const(Const::None, loc);
            self.op_name(Op::IMPORT_NAME, &alias.name, loc);
            let mut parts = alias.name.as_bytes().split(|b| *b == b'.').map(part_name);
            let first = parts.next().unwrap_or_else(|| alias.name.clone());
            let Some(asname) = &alias.asname else {
                self.store(&first, loc)?;
                continue;
            };
            let rest: Vec<Name> = parts.collect();
            let last = rest.len().saturating_sub(1);
            for (index, part) in rest.iter().enumerate() {
                let arg = self.unit().intern_name(part);
                self.op_arg(Op::IMPORT_FROM, arg, loc);
                if index < last {
                    self.op_arg(Op::SWAP, 2, loc);
                    self.op(Op::POP_TOP, loc);
                }
            }
            self.store(asname, loc)?;
            if !rest.is_empty() {
                self.op(Op::POP_TOP, loc);
            }
        }
        Ok(())
    }

    pub(crate) fn import_from(&mut self, module: Option<&Name>, names: &[Alias], level: i32, loc: Location) -> Result<()> {
        self.load_const(Const::int(i64::from(level)), loc);
        let listed: Vec<Const> = names.iter().map(|alias| self.name_const(&alias.name)).collect();
        self.load_const(Const::tuple(listed), loc);
        let empty = Name::known("");
        self.op_name(Op::IMPORT_NAME, module.unwrap_or(&empty), loc);
        for (index, alias) in names.iter().enumerate() {
            if index == 0 && alias.name.as_bytes().first() == Some(&b'*') {
                self.op_arg(Op::CALL_INTRINSIC_1, intrinsic::IMPORT_STAR, loc);
                self.op(Op::POP_TOP, Location::NONE);
                return Ok(());
            }
            self.op_name(Op::IMPORT_FROM, &alias.name, loc);
            self.store(alias.asname.as_ref().unwrap_or(&alias.name), loc)?;
        }
        self.op(Op::POP_TOP, loc);
        Ok(())
    }
}

fn part_name(bytes: &[u8]) -> Name {
    Name::new(Text::from_bytes(bytes.to_vec()).unwrap_or_default())
}
