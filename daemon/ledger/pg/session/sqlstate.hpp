// What a SQLSTATE says of running the same statement again. Pure; after libpqxx's errors.
#pragma once

#include <string_view>

namespace nowd::pg {

enum class SqlFault {
  lost,      ///< the session is over, or the server is going, coming, or a standby now
  conflict,  ///< two transactions were in each other's way: run it again at once
  passing,   ///< the server cannot now (disk, memory, connections, I/O, a statement that was cancelled): wait, run it
             ///< again
  perhaps,   ///< nobody can say whether it passes, or a right is missing that may be on its way: wait, but not for ever
  refusal    ///< the statement or its data is what is wrong: the same again is refused again
};

/// `state`: five characters; empty where the library gives none.
SqlFault fault_of(std::string_view state);

}  // namespace nowd::pg
