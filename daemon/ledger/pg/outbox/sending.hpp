// The outbox in Postgres: taken under row locks, settled by who took it.
#pragma once

#include "ledger/outbox.hpp"
#include "ledger/pg/session/session.hpp"

namespace nowd::pg {

Outbox::Taken take_messages(Session::Context& context, const Outbox::Sending& sending);
void settle_message(Session::Context& context, const QueuedDelivery& sent, const SendOutcome& outcome,
                    const DeliveryStep& step);

/// What a daemon that is gone was sending. `only`: of these, as an array of delivery numbers.
void release_messages_of(Session::Context& context, const Uuid& node, const std::string& why, const Value& only = {});

}  // namespace nowd::pg
