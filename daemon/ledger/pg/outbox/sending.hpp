// Deliveries in Postgres: claimed under row locks, settled by the daemon that claimed them.
#pragma once

#include "ledger/outbox.hpp"
#include "ledger/pg/session/session.hpp"

namespace nowd::pg {

/// As Outbox::take_deliveries, after alerts were queued.
Outbox::Taken take_deliveries(Session::Context& context, const Outbox::Sending& sending);
/// As Outbox::settle_delivery.
void settle_delivery(Session::Context& context, const QueuedDelivery& sent, const SendOutcome& outcome,
                     const DeliveryStep& step);

/// Releases the deliveries that a daemon, which is gone, was sending. `only`: an array literal of delivery numbers.
void release_deliveries_of(Session::Context& context, const Uuid& node, const std::string& why, const Value& only = {});

}  // namespace nowd::pg
