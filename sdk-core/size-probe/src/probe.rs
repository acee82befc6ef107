extern crate alloc;

use alloc::string::String;
use core::hint::black_box;
use core::panic::PanicInfo;

use lol_alloc::{FreeListAllocator, LockedAllocator};
use steadfast_core::{Client, Config, Input, MessageId, Now, OutgoingMessage, Output, Slot, SubscriptionId};

#[global_allocator]
static ALLOCATOR: LockedAllocator<FreeListAllocator> = LockedAllocator::new(FreeListAllocator::new());

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}

/// The driver: whatever JavaScript may do, in any order. The steps are functions of their own, as a driver's are, so that
/// the optimiser does not melt the whole client into one.
// The module has no other export, so the name cannot clash with another symbol.
#[allow(unsafe_code)]
#[unsafe(no_mangle)]
extern "C" fn run() {
    let mut client = create();
    while any() {
        command(&mut client);
        handle(&mut client);
        getters(&client);
        while drain(&mut client) {}
    }
}

#[inline(never)]
fn create() -> Client<u32> {
    let config = black_box(Config::new(text()));
    Client::new(config, any(), now())
}

#[inline(never)]
fn command(client: &mut Client<u32>) {
    match any::<u8>() {
        0 => client.connect(now()),
        1 => client.disconnect(now()),
        2 => drop(black_box(client.subscribe(now(), &text(), any()))),
        3 => drop(black_box(client.unsubscribe(now(), SubscriptionId(any())))),
        4 => drop(black_box(client.submit(now(), &message()))),
        5 => drop(black_box(client.send(now(), &message()))),
        6 => drop(black_box(client.acknowledge(now(), &[text()], any::<Option<&str>>()))),
        _ => client.cancel(now(), MessageId(any())),
    }
}

#[inline(never)]
fn handle(client: &mut Client<u32>) {
    client.handle_input(now(), black_box(Input::Tick));
}

#[inline(never)]
fn getters(client: &Client<u32>) {
    let slot: Slot = client.slot(&text());
    black_box((client.status(), client.statistics(), client.cursor(slot), client.is_live(slot)));
    black_box((client.class(slot), client.pending_messages(), client.max_frame_bytes()));
}

#[inline(never)]
fn drain(client: &mut Client<u32>) -> bool {
    !matches!(black_box(client.poll_output()), Output::Wait { .. })
}

#[inline(never)]
fn now() -> Now {
    any()
}

#[inline(never)]
fn text() -> String {
    any()
}

#[inline(never)]
fn message() -> OutgoingMessage {
    any()
}

/// A value that the optimiser knows nothing about, as if it came from JavaScript.
fn any<T: Default>() -> T {
    black_box(T::default())
}
