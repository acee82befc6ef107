extern crate alloc;

use alloc::string::String;
use core::hint::black_box;
use core::panic::PanicInfo;

use steadfast_core::{Client, Config, Input, MessageId, Now, OutgoingMessage, Output, Slot, SubscriptionId};

#[global_allocator]
static ALLOCATOR: rlsf::SmallGlobalTlsf = rlsf::SmallGlobalTlsf::new();

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}

/// The driver: whatever JavaScript may do, in any order.
// The module has no other export, so the name cannot clash with another symbol.
#[allow(unsafe_code)]
#[unsafe(no_mangle)]
extern "C" fn run() {
    let mut client = Client::<u32>::new(Config::new(text()), any(), now());
    while any() {
        command(&mut client);
        client.handle_input(now(), input());
        getters(&client);
        while drain(client.poll_output()) {}
    }
}

/// A value that the optimiser knows nothing about, as if it came from JavaScript.
fn any<T: Default>() -> T {
    black_box(T::default())
}

fn now() -> Now {
    any()
}

fn text() -> String {
    any()
}

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

fn message() -> OutgoingMessage {
    any()
}

fn input() -> Input<u32> {
    black_box(Input::Tick)
}

fn getters(client: &Client<u32>) {
    let slot: Slot = client.slot(&text());
    black_box((client.status(), client.statistics(), client.cursor(slot), client.is_live(slot)));
    black_box((client.class(slot), client.pending_messages(), client.max_frame_bytes()));
}

fn drain(output: Output<u32>) -> bool {
    !matches!(black_box(output), Output::Wait { .. })
}
