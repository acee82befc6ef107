//! Which WebSocket links each client object has, so that a newer one takes over. Pure.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use super::lock;
use super::mailbox::{Mailbox, Order};
use crate::names::{TenantId, UserId};

/// The links of all clients.
#[derive(Debug, Default)]
pub struct Links(Mutex<HashMap<ClientKey, Vec<Link>>>);

/// One client object of one user, as a verified token and its hello name it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ClientKey {
    /// From the token.
    pub tenant: TenantId,
    /// From the token.
    pub user: UserId,
    /// From the hello.
    pub instance: Box<str>,
}

#[derive(Debug)]
struct Link {
    number: u64,
    mailbox: Arc<Mailbox>,
}

impl Links {
    /// A link said its hello. Lower links of the same client are closed; in a handover the newest of them may go on
    /// for a minute. A link that is itself lower than one known is told to close.
    pub fn enter(&self, client: &ClientKey, number: u64, handover: bool, mailbox: &Arc<Mailbox>) {
        let mut clients = lock(&self.0);
        let links = clients.entry(client.clone()).or_default();
        if links.iter().any(|link| link.number > number) {
            mailbox.order(Order::Replaced);
            return;
        }
        let predecessor = links.iter().map(|link| link.number).filter(|lower| *lower < number).max();
        for link in links.iter().filter(|link| link.number < number) {
            let succeeded = handover && Some(link.number) == predecessor;
            link.mailbox.order(if succeeded { Order::Succeeded } else { Order::Replaced });
        }
        links.push(Link { number, mailbox: Arc::clone(mailbox) });
    }

    /// A link ended.
    pub fn leave(&self, client: &ClientKey, mailbox: &Arc<Mailbox>) {
        let mut clients = lock(&self.0);
        if let Some(links) = clients.get_mut(client) {
            links.retain(|link| !Arc::ptr_eq(&link.mailbox, mailbox));
            if links.is_empty() {
                clients.remove(client);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn client(tenant: &str, user: &str, instance: &str) -> ClientKey {
        ClientKey {
            tenant: TenantId::parse(tenant).unwrap(),
            user: UserId::parse(user).unwrap(),
            instance: instance.into(),
        }
    }

    fn ordered(mailbox: &Mailbox) -> Option<Order> {
        let marks = mailbox.take();
        [Order::Replaced, Order::Succeeded].into_iter().find(|order| marks.has(*order))
    }

    #[test]
    fn a_higher_link_replaces_a_lower_one_and_a_lower_one_nobody() {
        let links = Links::default();
        let ana = client("acme", "ana", "i");
        let [first, second, late] = [Mailbox::new(), Mailbox::new(), Mailbox::new()];
        links.enter(&ana, 1, false, &first);
        links.enter(&ana, 3, false, &second);
        assert_eq!(ordered(&first), Some(Order::Replaced));
        links.enter(&ana, 2, false, &late);
        assert_eq!(ordered(&late), Some(Order::Replaced));
        assert_eq!(ordered(&second), None);
    }

    #[test]
    fn in_a_handover_two_links_live_and_no_more() {
        let links = Links::default();
        let ana = client("acme", "ana", "i");
        let [first, second, third] = [Mailbox::new(), Mailbox::new(), Mailbox::new()];
        links.enter(&ana, 1, false, &first);
        links.enter(&ana, 2, true, &second);
        assert_eq!(ordered(&first), Some(Order::Succeeded));
        links.enter(&ana, 3, true, &third);
        assert_eq!(ordered(&first), Some(Order::Replaced));
        assert_eq!(ordered(&second), Some(Order::Succeeded));
    }

    #[test]
    fn other_tenants_users_and_instances_are_not_touched() {
        let links = Links::default();
        let first = Mailbox::new();
        links.enter(&client("acme", "ana", "i"), 1, false, &first);
        for other in [client("other", "ana", "i"), client("acme", "bob", "i"), client("acme", "ana", "j")] {
            links.enter(&other, 9, false, &Mailbox::new());
        }
        assert_eq!(ordered(&first), None);
        links.leave(&client("acme", "ana", "i"), &first);
        links.enter(&client("acme", "ana", "i"), 2, false, &Mailbox::new());
        assert_eq!(ordered(&first), None);
    }
}
