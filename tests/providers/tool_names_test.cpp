#include "providers/wire/tool_names.hpp"

#include <set>

#include "support/catch.hpp"

using namespace nowd;

namespace {

ToolNames names_of(std::vector<std::string> tools) {
  ModelRequest request;
  for (std::string& tool : tools) request.tools.push_back({std::move(tool), "", Json()});
  return ToolNames(request);
}

}  // namespace

TEST_CASE("dots become underscores on the wire and dots again on the way back") {
  const ToolNames names = names_of({"crm.add.note"});
  CHECK(names.to_wire("crm.add.note") == "crm_add_note");
  CHECK(names.from_wire("crm_add_note") == "crm.add.note");
}

TEST_CASE("two tools never share a wire name, and a good name is never taken away") {
  const ToolNames names = names_of({"crm.note", "crm:note", "crm_note"});
  CHECK(names.to_wire("crm_note") == "crm_note");
  CHECK(names.to_wire("crm.note") == "crm_note_2");
  CHECK(names.to_wire("crm:note") == "crm_note_3");
  CHECK(names.from_wire("crm_note_2") == "crm.note");
  CHECK(names.from_wire("crm_note") == "crm_note");
}

TEST_CASE("a wire name made by us does not collide with a tool that has it already") {
  const ToolNames names = names_of({"a.b", "a_b", "a_b_2"});
  CHECK(names.to_wire("a.b") == "a_b_3");
}

TEST_CASE("long and strange names fit what the API allows, and stay apart") {
  const std::string stem(80, 'x');
  const ToolNames names = names_of({stem + "1", stem + "2", "größe", "", "日本"});
  std::set<std::string> wire;
  for (const std::string& tool : {stem + "1", stem + "2", std::string("größe"), std::string(), std::string("日本")}) {
    const std::string name = names.to_wire(tool);
    CHECK((!name.empty() && name.size() <= 64));
    CHECK(name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") == name.npos);
    CHECK(names.from_wire(name) == tool);
    wire.insert(name);
  }
  CHECK(wire.size() == 5);
}

TEST_CASE("a name that was never offered comes back as it is") { CHECK(names_of({}).from_wire("rm_rf") == "rm_rf"); }
