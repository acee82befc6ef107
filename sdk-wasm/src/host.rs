use alloc::string::String;
use alloc::vec::Vec;

use wasm_bindgen::prelude::wasm_bindgen;

// The JavaScript side of the machine: where it reads the arguments of a call, and where it puts what it wants.
//
// The host only stores what it is given. It acts on it, and calls the application's listeners, after the call
// into the machine has returned.
#[wasm_bindgen]
extern "C" {
    /// The next argument, a number.
    #[wasm_bindgen(js_name = n)]
    pub(crate) fn number() -> f64;

    /// The next argument, a text or none.
    #[wasm_bindgen(js_name = t)]
    pub(crate) fn text() -> Option<String>;

    /// The next argument, bytes: JavaScript knows which of the two it has.
    #[wasm_bindgen(js_name = t)]
    pub(crate) fn bytes() -> Vec<u8>;

    /// The next argument, any value: it stays in JavaScript, and this is its place among the arguments of the call.
    #[wasm_bindgen(js_name = v)]
    pub(crate) fn value() -> u32;

    /// An event for the listeners of a topic.
    #[wasm_bindgen(js_name = e)]
    pub(crate) fn event(slot: u32, offset: f64, flags: u32, size: u32, value: u32);

    /// Anything else that the machine wants or answers: by its number in `names.rs`, with a text or bytes.
    #[wasm_bindgen(js_name = o)]
    pub(crate) fn output(what: u32, a: f64, b: f64, c: f64, content: &[u8]);
}
