use crate::names::{TenantId, TopicName, UserId};

/// The name of a user's own topic, as its owner's clients know it.
const USER: &str = "user";

/// Which topic of which tenant: what the hub stores a topic under.
///
/// It is made from a verified token or API key, never from a client's text alone.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TopicKey {
    tenant: TenantId,
    owner: Option<UserId>,
    name: TopicName,
}

impl TopicKey {
    /// The topic that a client of this user means by `name`: `user` and `open:user` are the user's own.
    pub fn of_client(tenant: &TenantId, user: &UserId, name: TopicName) -> Self {
        let own = matches!(name.as_str(), "user" | "open:user");
        Self { tenant: tenant.clone(), owner: own.then(|| user.clone()), name }
    }

    /// A topic that all users of the tenant share.
    pub fn shared(tenant: TenantId, name: TopicName) -> Self {
        Self { tenant, owner: None, name }
    }

    /// The topic `user` of one user.
    pub fn of_user(tenant: TenantId, user: UserId) -> Self {
        let name = TopicName::parse(USER).expect("the name of the user's topic is valid");
        Self { tenant, owner: Some(user), name }
    }

    /// The tenant.
    pub fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    /// Whose own topic it is; `None` for one that the tenant shares.
    pub fn owner(&self) -> Option<&UserId> {
        self.owner.as_ref()
    }

    /// The name on the wire.
    pub fn name(&self) -> &TopicName {
        &self.name
    }

    /// The state topic that holds what waits for an acknowledgement here; `None` where its name would be too long.
    pub(crate) fn open(&self) -> Option<Self> {
        self.beside("open:")
    }

    /// The state topic that tells who reads here; `None` where its name would be too long.
    pub(crate) fn presence(&self) -> Option<Self> {
        self.beside("presence:")
    }

    fn beside(&self, beginning: &str) -> Option<Self> {
        let name = TopicName::parse(&format!("{beginning}{}", self.name)).ok()?;
        Some(Self { tenant: self.tenant.clone(), owner: self.owner.clone(), name })
    }
}
