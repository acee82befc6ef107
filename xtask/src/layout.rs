//! In which order a wasm module's functions and their locals stand.
//!
//! To whoever runs the module it is all the same. A compressor finds what is alike more cheaply where it is near, and numbers that
//! are used alike are the same bytes: the browser's module is a fortieth lighter for it.

use std::collections::HashSet;
use std::fs;
use std::ops::Range;
use std::path::Path;

use fastrand::Rng;
use wasm_encoder::reencode::{Error, Reencode, utils};
use wasm_encoder::{CodeSection, FunctionSection, Instruction, Module};
use wasmparser::{
    BinaryReaderError, CodeSectionReader, FunctionBody, FunctionSectionReader, Operator, Parser, Payload,
    TypeRef,
};

use crate::failure::Failure;
use crate::size::gzip;

/// How many bytes in a row make two functions alike.
const ALIKE: usize = 4;
/// How many functions before it one is compared with.
const BEFORE: usize = 2;
/// How many changes are tried. A second is a few hundred; later ones seldom pay.
const TRIES: usize = 4_000;
/// The same module has the same layout on every machine.
const SEED: u64 = 1;

/// Lays a module out to weigh less after gzip.
///
/// # Errors
/// - A file cannot be read or written.
/// - The module is not one.
pub(crate) fn lay_out(from: &Path, to: &Path) -> Result<(), Failure> {
    println!("$ lay out {}", to.display());
    let module =
        fs::read(from).map_err(|error| Failure::new(format!("cannot read {}: {error}", from.display())))?;
    fs::write(to, compact(&module)?)
        .map_err(|error| Failure::new(format!("cannot write {}: {error}", to.display())))
}

fn compact(module: &[u8]) -> Result<Vec<u8>, Failure> {
    let parts =
        Parts::of(module).map_err(|error| Failure::new(format!("cannot read the module: {error}")))?;
    let mut layout = parts.neighbours_alike();
    let mut random = Rng::with_seed(SEED);
    let mut best = write(module, &parts, &layout)?;
    let mut weight = gzip(&best);
    for _ in 0..TRIES {
        let other = parts.changed(&layout, &mut random);
        let written = write(module, &parts, &other)?;
        let lighter = gzip(&written);
        if lighter < weight {
            (layout, best, weight) = (other, written, lighter);
        }
    }
    Ok(best)
}

/// What a layout puts in order.
struct Parts<'a> {
    /// Their numbers come first, and are not ours to give.
    imported: u32,
    bodies: Vec<&'a [u8]>,
    /// Of each function: neighbouring locals of one type, which may change places.
    swappable: Vec<Vec<Range<u32>>>,
}

/// An order.
#[derive(Clone)]
struct Layout {
    /// The functions, by the place that each had.
    functions: Vec<u32>,
    /// Of each function, by the place that it had: the number that each local gets.
    locals: Vec<Vec<u32>>,
}

impl<'a> Parts<'a> {
    fn of(module: &'a [u8]) -> Result<Self, BinaryReaderError> {
        let mut parts = Self { imported: 0, bodies: Vec::new(), swappable: Vec::new() };
        let (mut types, mut functions) = (Vec::new(), Vec::new());
        for payload in Parser::new(0).parse_all(module) {
            match payload? {
                Payload::TypeSection(section) => {
                    for kind in section.into_iter_err_on_gc_types() {
                        types.push(kind?.params().len() as u32);
                    }
                }
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        parts.imported += u32::from(matches!(import?.ty, TypeRef::Func(_)));
                    }
                }
                Payload::FunctionSection(section) => {
                    functions = section.into_iter().collect::<Result<_, _>>()?;
                }
                Payload::CodeSectionEntry(body) => {
                    let function: u32 = functions[parts.bodies.len()];
                    parts.swappable.push(runs(&body, types[function as usize])?);
                    parts.bodies.push(body.as_bytes());
                }
                _ => {}
            }
        }
        Ok(parts)
    }

    /// Each function after the two that it has most in common with, of those that are left.
    fn neighbours_alike(&self) -> Layout {
        let pieces: Vec<HashSet<&[u8]>> =
            self.bodies.iter().map(|body| body.windows(ALIKE).collect()).collect();
        let mut left: Vec<u32> = (0..).take(self.bodies.len()).collect();
        left.sort_by_key(|&function| self.bodies[function as usize].len());
        let mut functions: Vec<u32> = Vec::new();
        while !left.is_empty() {
            let recent = &functions[functions.len().saturating_sub(BEFORE)..];
            let shared = |&function: &u32| {
                let own = &pieces[function as usize];
                let known = own
                    .iter()
                    .filter(|piece| recent.iter().any(|&before| pieces[before as usize].contains(*piece)));
                1_000 * known.count() / own.len().max(1)
            };
            let next = (0..left.len()).rev().max_by_key(|&at| shared(&left[at])).expect("some are left");
            functions.push(left.remove(next));
        }
        Layout { functions, locals: self.swappable.iter().map(|runs| (0..end_of(runs)).collect()).collect() }
    }

    /// A few functions stand elsewhere, or two locals of one have changed numbers.
    fn changed(&self, layout: &Layout, random: &mut Rng) -> Layout {
        let mut layout = layout.clone();
        let count = layout.functions.len();
        let function = random.usize(0..count);
        let runs = &self.swappable[function];
        if runs.is_empty() || random.u8(0..3) == 0 {
            let moved: Vec<u32> =
                layout.functions.drain(function..count.min(function + (1 << random.u8(0..4)))).collect();
            let to = random.usize(0..=layout.functions.len());
            layout.functions.splice(to..to, moved);
        } else {
            let run = &runs[random.usize(0..runs.len())];
            layout.locals[function].swap(random.u32(run.clone()) as usize, random.u32(run.clone()) as usize);
        }
        layout
    }
}

/// The runs of locals of one type; parameters are the caller's.
fn runs(body: &FunctionBody<'_>, parameters: u32) -> Result<Vec<Range<u32>>, BinaryReaderError> {
    let mut end = parameters;
    let mut runs = Vec::new();
    for local in body.get_locals_reader()? {
        let (count, _) = local?;
        runs.push(end..end + count);
        end += count;
    }
    Ok(runs)
}

fn end_of(runs: &[Range<u32>]) -> u32 {
    runs.last().map_or(0, |run| run.end)
}

fn write(module: &[u8], parts: &Parts<'_>, layout: &Layout) -> Result<Vec<u8>, Failure> {
    let mut places = vec![0; layout.functions.len()];
    for (place, &function) in (parts.imported..).zip(&layout.functions) {
        places[function as usize] = place;
    }
    let mut written = Module::new();
    Relabel { imported: parts.imported, layout, places, function: 0 }
        .parse_core_module(&mut written, Parser::new(0), module)
        .map_err(|error| Failure::new(format!("cannot lay the module out: {error}")))?;
    Ok(written.finish())
}

/// Writes a module anew under the numbers of a layout.
struct Relabel<'a> {
    imported: u32,
    layout: &'a Layout,
    /// The new number of each function that is not imported.
    places: Vec<u32>,
    /// The one that is being written.
    function: u32,
}

impl Reencode for Relabel<'_> {
    type Error = std::convert::Infallible;

    fn function_index(&mut self, function: u32) -> Result<u32, Error> {
        Ok(function.checked_sub(self.imported).map_or(function, |own| self.places[own as usize]))
    }

    fn parse_function_section(
        &mut self,
        to: &mut FunctionSection,
        from: FunctionSectionReader<'_>,
    ) -> Result<(), Error> {
        let types: Vec<u32> = from.into_iter().collect::<Result<_, _>>()?;
        for &function in &self.layout.functions {
            to.function(types[function as usize]);
        }
        Ok(())
    }

    fn parse_code_section(&mut self, to: &mut CodeSection, from: CodeSectionReader<'_>) -> Result<(), Error> {
        let bodies: Vec<FunctionBody<'_>> = from.into_iter().collect::<Result<_, _>>()?;
        for &function in &self.layout.functions {
            self.function = function;
            self.parse_function_body(to, bodies[function as usize].clone())?;
        }
        Ok(())
    }

    fn instruction<'b>(&mut self, operator: Operator<'b>) -> Result<Instruction<'b>, Error> {
        let locals = &self.layout.locals[self.function as usize];
        let number = |local: u32| locals.get(local as usize).copied().unwrap_or(local);
        Ok(match operator {
            Operator::LocalGet { local_index } => Instruction::LocalGet(number(local_index)),
            Operator::LocalSet { local_index } => Instruction::LocalSet(number(local_index)),
            Operator::LocalTee { local_index } => Instruction::LocalTee(number(local_index)),
            other => return utils::instruction(self, other),
        })
    }
}

#[cfg(test)]
mod tests {
    use wasm_encoder::{
        CodeSection, ExportKind, ExportSection, Function, FunctionSection, ImportSection, InstructionSink,
        Module, TypeSection, ValType,
    };
    use wasmparser::{Operator, Parser, Payload, Validator};

    use super::{Layout, Parts, compact, write};

    /// One imported function, and four that end in 10 to 13; the last, which is exported, calls the import and the first.
    fn module() -> Vec<u8> {
        let mut types = TypeSection::new();
        types.ty().function([ValType::I32], []);
        let mut imports = ImportSection::new();
        imports.import("host", "told", wasm_encoder::EntityType::Function(0));
        let (mut functions, mut code) = (FunctionSection::new(), CodeSection::new());
        for (number, calls) in [(10, vec![]), (11, vec![]), (12, vec![]), (13, vec![0, 1])] {
            functions.function(0);
            let mut function = Function::new([(2, ValType::I64), (3, ValType::I32)]);
            body(&mut function.instructions(), number, &calls);
            code.function(&function);
        }
        let mut exports = ExportSection::new();
        exports.export("last", ExportKind::Func, 4);
        let mut module = Module::new();
        module.section(&types).section(&imports).section(&functions).section(&exports).section(&code);
        module.finish()
    }

    fn body(instructions: &mut InstructionSink<'_>, number: i32, calls: &[u32]) {
        instructions.local_get(0).local_set(5).local_get(1).local_set(2);
        for &function in calls {
            instructions.local_get(5).call(function);
        }
        instructions.i32_const(number).drop().end();
    }

    /// What a function ends in, which functions it calls, and which locals it names.
    fn read(module: &[u8], function: u32) -> (i32, Vec<u32>, Vec<u32>) {
        let bodies = Parser::new(0).parse_all(module).filter_map(|payload| match payload {
            Ok(Payload::CodeSectionEntry(body)) => Some(body),
            _ => None,
        });
        let (mut number, mut calls, mut locals) = (0, Vec::new(), Vec::new());
        let body = bodies.into_iter().nth(function as usize - 1).expect("there are four, after the import");
        for operator in body
            .get_operators_reader()
            .expect("a body")
            .into_iter()
            .map(|operator| operator.expect("a whole one"))
        {
            match operator {
                Operator::I32Const { value } => number = value,
                Operator::Call { function_index } => calls.push(function_index),
                Operator::LocalGet { local_index } | Operator::LocalSet { local_index } => {
                    locals.push(local_index);
                }
                _ => {}
            }
        }
        (number, calls, locals)
    }

    fn exported(module: &[u8]) -> u32 {
        let mut sections = Parser::new(0).parse_all(module).filter_map(|payload| match payload {
            Ok(Payload::ExportSection(section)) => Some(section),
            _ => None,
        });
        sections.next().expect("one").into_iter().next().expect("one").expect("a whole one").index
    }

    #[test]
    fn exports_calls_and_locals_lead_where_they_led() {
        let module = module();
        let parts = Parts::of(&module).expect("a module");
        let locals = vec![vec![0, 2, 1, 5, 4, 3]; 4];
        let written =
            write(&module, &parts, &Layout { functions: vec![3, 1, 0, 2], locals }).expect("a layout");
        Validator::new()
            .validate_all(&written)
            .expect("locals of one type change places, and parameters none");
        let (number, calls, locals) = read(&written, exported(&written));
        assert_eq!(number, 13);
        assert_eq!(calls[0], 0, "the import keeps its number");
        assert_eq!(read(&written, calls[1]).0, 10);
        assert_eq!(locals, [0, 3, 2, 1, 3, 3], "was 0, 5, 1, 2, 5, 5");
    }

    #[test]
    fn a_compacted_module_is_the_same_each_time_and_valid() {
        let module = module();
        let compacted = compact(&module).expect("a module");
        Validator::new().validate_all(&compacted).expect("a valid module");
        assert_eq!(compacted, compact(&module).expect("a module"));
        assert_eq!(read(&compacted, exported(&compacted)).0, 13);
    }

    #[test]
    fn what_is_no_module_is_refused() {
        assert!(compact(b"<!doctype html>").is_err());
    }
}
