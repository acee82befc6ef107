//! 19. No frame of one tenant or user reaches another. The pods check permissions as they write.

use crate::application::View;
use crate::court::Court;
use crate::oracle::address_for;
use crate::setup::DeviceSetup;
use crate::verdict::Check;

/// An event came to a device, whatever becomes of it.
pub(crate) fn came(setup: &DeviceSetup, id: Option<&str>, topic: &str, court: &mut Court) {
    let Some(event) = id.and_then(|id| court.oracle.published(id)) else {
        // The server's own: of `open:` topics.
        let own = topic.starts_with("open:");
        court.verdict.expect(Check::Isolation, own, || format!("{topic}: an event that nobody published"));
        return;
    };
    let address = address_for(setup.tenant, setup.user, topic);
    let published = event.address.clone();
    court.verdict.expect(Check::Isolation, address == published, || {
        format!("an event of {published} came as one of {address}")
    });
}

/// An event is given to the application: of the topic that it asked for, with the payload that was published.
pub(crate) fn delivered(view: &View, published: &str, number: u64, given: u64, court: &mut Court) {
    let address = &view.address;
    court.verdict.expect(Check::Isolation, address == published && number == given, || {
        format!("{address}: event {given} is in truth {number} of {published}")
    });
}
