// SPDX-License-Identifier: Apache-2.0
// t_rust.rs - a provider in Rust. The structs are written down here from the public headers: those that
// the plugin hands out as a whole, the host's up to the last member that is used. With `--cfg builtin` the same source is linked in.
#![allow(unknown_lints, unexpected_cfgs)]
use std::ffi::{c_void, CStr};
use std::os::raw::c_char; // where Rust 1.63, Debian 12's, has it
use std::panic::catch_unwind;

const MAGIC: u32 = 0x43554C53;
const OK: i32 = 0;
const E_INTERNAL: i32 = -1;
const E_NOMEM: i32 = -4;

#[repr(C)]
#[derive(Clone, Copy)]
struct Span {
    ptr: *const u8,
    len: usize,
}

impl Span {
    fn of(text: &[u8]) -> Span {
        Span { ptr: text.as_ptr(), len: text.len() }
    }
}

#[repr(C)]
struct Host {
    struct_size: u32,
    abi_major: u16,
    abi_minor: u16,
    product: *const c_char,
    implementation: *mut c_void,
    arena_alloc: unsafe extern "C" fn(*const Host, *mut c_void, usize) -> *mut c_void,
}

#[repr(C)]
struct HttpRequest {
    struct_size: u32,
    flags: u32,
    auth: u32,
    framing: u32,
    delay_ms: u32,
    reserved: u32,
    auth_param: Span,
    method: Span,
    url: Span,
}

#[repr(C)]
struct Sink {
    struct_size: u32,
    flags: u32,
    implementation: *mut c_void,
    scratch: *mut c_void,
    chunk: unsafe extern "C" fn(*const Sink, *const Span, usize) -> i32,
    whole: unsafe extern "C" fn(*const Sink, *const Span, usize) -> i32,
}

struct Provider {
    host: *const Host,
    words: Vec<String>,
}

struct Exchange {
    provider: *const Provider,
}

#[repr(C)]
struct ProviderClass {
    struct_size: u32,
    flags: u32,
    operations: *const *const c_char,
    config_schema: *const c_char,
    origins: *const *const c_char,
    create: unsafe extern "C" fn(*const Host, Span, *mut *mut Provider, *mut c_void) -> i32,
    destroy: unsafe extern "C" fn(*mut Provider),
    begin: unsafe extern "C" fn(*mut Provider, *const c_void, *mut c_void, *mut *mut Exchange, *mut c_void) -> i32,
    request: unsafe extern "C" fn(*mut Exchange, *mut HttpRequest, *mut c_void) -> i32,
    head: unsafe extern "C" fn(*mut Exchange, *const c_void, *mut u32, *mut c_void) -> i32,
    data: unsafe extern "C" fn(*mut Exchange, *const c_void, *const Sink, *mut c_void) -> i32,
    end: unsafe extern "C" fn(*mut Exchange, *const Sink, *mut c_void) -> i32,
    close: Option<unsafe extern "C" fn(*mut Exchange)>,
    accepts: Option<unsafe extern "C" fn(*mut Provider, Span, Span) -> i32>,
    get_extension: Option<unsafe extern "C" fn(*const c_char) -> *const c_void>,
}

#[repr(C)]
pub struct Plugin {
    magic: u32,
    struct_size: u32,
    abi_major: u16,
    abi_minor: u16,
    abi_minor_min: u16,
    reserved: u16,
    id: *const c_char,
    version: *const c_char,
    vendor: *const c_char,
    summary: *const c_char,
    init: Option<unsafe extern "C" fn(*const Host, *mut c_void) -> i32>,
    fini: Option<unsafe extern "C" fn()>,
    get_class: unsafe extern "C" fn(*const c_char) -> *const c_void,
}

// Constant tables of addresses: every thread may read them.
struct Constant<T>(T);
unsafe impl<T> Sync for Constant<T> {}

unsafe extern "C" fn create(host: *const Host, _config: Span, out: *mut *mut Provider, _err: *mut c_void) -> i32 {
    // A panic must not leave a plugin's function.
    match catch_unwind(|| vec!["a".to_string(), "b".to_string(), "t_rust".to_string()]) {
        Ok(words) => {
            *out = Box::into_raw(Box::new(Provider { host, words }));
            OK
        }
        Err(_) => E_INTERNAL,
    }
}

unsafe extern "C" fn destroy(provider: *mut Provider) {
    drop(Box::from_raw(provider));
}

unsafe extern "C" fn begin(
    provider: *mut Provider, _call: *const c_void, arena: *mut c_void, out: *mut *mut Exchange, _err: *mut c_void,
) -> i32 {
    let host = (*provider).host;
    let memory = ((*host).arena_alloc)(host, arena, std::mem::size_of::<Exchange>()) as *mut Exchange;

    if memory.is_null() {
        return E_NOMEM;
    }
    memory.write(Exchange { provider });
    *out = memory;
    OK
}

unsafe extern "C" fn request(_x: *mut Exchange, out: *mut HttpRequest, _err: *mut c_void) -> i32 {
    (*out).url = Span::of(b"https://rust.example/");
    OK
}

unsafe extern "C" fn head(_x: *mut Exchange, _head: *const c_void, _framing: *mut u32, _err: *mut c_void) -> i32 {
    OK
}

unsafe extern "C" fn data(x: *mut Exchange, _frame: *const c_void, sink: *const Sink, _err: *mut c_void) -> i32 {
    let provider = (*x).provider;

    match catch_unwind(|| format!("{{\"id\":\"{}\"}}", unsafe { &(&(*provider).words)[2] })) {
        Ok(text) => ((*sink).whole)(sink, &Span::of(text.as_bytes()), 1),
        Err(_) => E_INTERNAL,
    }
}

unsafe extern "C" fn end(_x: *mut Exchange, _sink: *const Sink, _err: *mut c_void) -> i32 {
    OK
}

const fn text(bytes: &'static [u8]) -> *const c_char {
    bytes.as_ptr() as *const c_char
}

static OPERATIONS: Constant<[*const c_char; 2]> = Constant([text(b"chat.completions\0"), std::ptr::null()]);

static PROVIDER: Constant<ProviderClass> = Constant(ProviderClass {
    struct_size: std::mem::size_of::<ProviderClass>() as u32,
    flags: 0,
    operations: &OPERATIONS.0 as *const *const c_char,
    config_schema: std::ptr::null(),
    origins: std::ptr::null(),
    create,
    destroy,
    begin,
    request,
    head,
    data,
    end,
    close: None,
    accepts: None,
    get_extension: None,
});

unsafe extern "C" fn get_class(id: *const c_char) -> *const c_void {
    if CStr::from_ptr(id).to_bytes() == b"sluice.provider/1" {
        &PROVIDER.0 as *const ProviderClass as *const c_void
    } else {
        std::ptr::null()
    }
}

static PLUGIN: Constant<Plugin> = Constant(Plugin {
    magic: MAGIC,
    struct_size: std::mem::size_of::<Plugin>() as u32,
    abi_major: 1,
    abi_minor: 0,
    abi_minor_min: 0,
    reserved: 0,
    id: text(b"t_rust\0"),
    version: text(b"1\0"),
    vendor: text(b"tests\0"),
    summary: text(b"in Rust\0"),
    init: None,
    fini: None,
    get_class,
});

#[cfg_attr(builtin, export_name = "sluice_builtin_t_rust")]
#[cfg_attr(not(builtin), export_name = "sluice_plugin_entry_v1")]
pub extern "C" fn entry() -> *const Plugin {
    &PLUGIN.0
}
