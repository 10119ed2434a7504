// The precompiled header of every target: the standard library, Asio and nlohmann-json, parsed once instead of in each
// file. It saves time only; each file still includes what it uses, and tests/architecture reads those includes.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <bitset>
#include <boost/asio.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/system/result.hpp>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>
