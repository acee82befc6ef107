//! What the client delivers, as its application sees it.

use steadfast_core::json::Envelope;
use steadfast_core::{Delivery, Slot, Transport};

use super::Device;
use crate::application::{Class, epoch_of};
use crate::checks::{isolation, log_order, once, slow_readers, state};
use crate::oracle::number_of;
use crate::surroundings::Surroundings;
use crate::verdict::Check;

/// A device in whose way nothing has stood for so long is one that others' troubles must not reach.
const UNTROUBLED_MS: u64 = 90_000;

impl Device {
    pub(super) fn deliver(
        &mut self,
        slot: Slot,
        delivery: Delivery<Envelope>,
        around: &mut Surroundings<'_>,
    ) {
        let court = &mut *around.court;
        let Some(view) = self.application.views.get_mut(&slot) else {
            court
                .verdict
                .broken(Check::Stale, || format!("{slot:?} has no listener and was given {delivery:?}"));
            return;
        };
        match delivery {
            Delivery::Event { offset, deleted, size, payload, replay } => {
                view.held.push_back(size);
                view.failed = false;
                self.event(slot, offset, deleted, replay, &payload, around);
            }
            Delivery::Gap { reason, lost } => log_order::gap(view, reason, lost, court),
            Delivery::Reset => state::reset(view, court),
            Delivery::Live => {
                view.failed = false;
                state::live(view);
            }
            Delivery::Failed(_) => view.failed = true,
        }
    }

    fn event(
        &mut self,
        slot: Slot,
        offset: Option<u64>,
        deleted: bool,
        replay: bool,
        payload: &Envelope,
        around: &mut Surroundings<'_>,
    ) {
        let court = &mut *around.court;
        let Some(view) = self.application.views.get_mut(&slot) else { return };
        let id = payload.id.as_deref().unwrap_or_default();
        let key = payload.key.as_deref().unwrap_or_default();
        let given = number_of(&payload.payload);
        let Some(published) = court.oracle.published(id).cloned() else {
            // Of an `open:` topic, which the server writes itself.
            once::state(view, epoch_of(id), offset, court);
            state::delivered(view, key, given, deleted, court);
            return;
        };
        isolation::delivered(view, &published.address, published.number, given, court);
        match view.class {
            Class::Log => {
                log_order::delivered(view, &published, offset, court);
                once::log(view, id, court);
            }
            Class::State => {
                once::state(view, &published.epoch, offset, court);
                state::delivered(view, key, given, deleted, court);
            }
            Class::Ephemeral => {}
        }
        let everything_works = self.watch.recovery.free_for(around.agenda.now()) > UNTROUBLED_MS
            && self.status.transport == Some(Transport::WebSocket)
            && self.connected_at + 5_000 < published.at
            && self.setup.buffer_events > 64
            && self.setup.buffer_bytes > 1 << 20
            && around.network.is_wide();
        if everything_works && !replay && view.class != Class::Ephemeral {
            slow_readers::news(&self.setup, published.at, &mut court.verdict);
        }
        if published.requires_acknowledgment {
            self.watch.acknowledgements.delivered(id);
            self.application.to_be_received.insert(id.to_owned());
            self.application.unacknowledged.push_back(id.to_owned());
        }
    }
}
