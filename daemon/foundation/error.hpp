// Errors as values: the kind, a message with the remedy, and Result<T> for a value or an error.
#pragma once

#include <boost/system/result.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace nowd {

/// The right reaction of the caller, not the origin of the error.
enum class ErrorKind {
  invalid,       ///< the input is wrong: fix it, do not retry
  refused,       ///< a rule forbids it: do not retry in another form
  unavailable,   ///< a server, file or network cannot be reached: wait and retry
  in_doubt,      ///< the effect may have happened: find out before a retry
  budget_spent,  ///< a limit of time, calls or money is reached: stop
};

std::string_view to_string(ErrorKind kind);

/// The message names the thing, the value and the remedy, and never holds a secret.
struct Error {
  ErrorKind kind = ErrorKind::invalid;
  std::string message;

  bool operator==(const Error&) const = default;
};

inline Error invalid(std::string message) { return {ErrorKind::invalid, std::move(message)}; }
inline Error refused(std::string message) { return {ErrorKind::refused, std::move(message)}; }
inline Error unavailable(std::string message) { return {ErrorKind::unavailable, std::move(message)}; }

/// An outcome that the caller must handle: test it, then dereference it.
template <class T>
using Result = boost::system::result<T, Error>;

/// Thrown by value() if a Result that holds an error is dereferenced. Such a call is a fault of the program.
struct UnhandledError : std::runtime_error {
  explicit UnhandledError(const Error& error) : std::runtime_error(error.message) {}
};

/// Found by boost::system::result through argument-dependent lookup.
[[noreturn]] inline void throw_exception_from_error(const Error& error, const boost::source_location&) {
  throw UnhandledError(error);
}

}  // namespace nowd
