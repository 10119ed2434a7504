// The world outside of the daemons: models, tools and sinks, which answer well, late, wrongly, or not at all, and report
// to the witness at the moment when something happens there.
#pragma once

#include "delivery/delivery.hpp"
#include "providers/wire/provider.hpp"
#include "tools/tool.hpp"

namespace nowd::sim {

class World;
struct Machine;

/// A model, or a program that is the agent of a job: that one has a key, and effects that only the witness sees.
class OutsideModel final : public Provider {
 public:
  OutsideModel(World& world, Machine& machine, Prices prices)
      : world_(world), machine_(machine), prices_(std::move(prices)) {}
  boost::asio::awaitable<ModelOutcome> call(ModelRequest request, CallContext context) override;

 private:
  ModelReply good_reply(const ModelRequest& request);
  void spoil(ModelOutcome& outcome);
  ModelReply command_reply();

  World& world_;
  Machine& machine_;
  const Prices prices_;
};

class OutsideTools final : public Tools {
 public:
  OutsideTools(World& world, Machine& machine);
  boost::asio::awaitable<ToolOutcome> call(Tool tool, Json arguments, CallEnvironment environment) override;
  boost::asio::awaitable<ToolOutcome> fetch(Input input, CallEnvironment environment) override;

 private:
  World& world_;
  Machine& machine_;
};

class OutsideSenders final : public Senders {
 public:
  OutsideSenders(World& world, Machine& machine);
  boost::asio::awaitable<SendOutcome> send(Sink sink, Delivery delivery) override;
  boost::asio::awaitable<SendOutcome> ping(std::string url, Delivery delivery) override;

 private:
  World& world_;
  Machine& machine_;
};

}  // namespace nowd::sim
