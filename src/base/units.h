// Numbers with units, as people write and read them.
#pragma once

#include <cstdint>
#include <string>

namespace gulo {

// "30s", "2m", "1h", "1.5h", "90" (seconds) -> seconds. Throws Error (kUsage).
double parse_duration_s(const std::string& text);
// "64K", "2M", "1.5G", "4096" -> bytes (powers of 1024). Throws Error (kUsage).
uint64_t parse_size_bytes(const std::string& text);

std::string format_duration(double seconds);  // "0.42 s", "12.3 s", "1 min 05 s", "2 h 03 min"
std::string format_bytes(double bytes);       // "512 B", "4.0 KiB", "1.2 GiB"
std::string format_count(uint64_t count);     // "12,398"
std::string format_si(double value);          // "1.2 M", "350 G", "12"
std::string format_percent(double fraction);  // 0.0123 -> "1.23 %"

}  // namespace gulo
