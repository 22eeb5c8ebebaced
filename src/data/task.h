// What a recogniser answers: one label an item, several, or a number.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace gulo {

enum class Task : uint8_t { kLabel, kLabels, kNumber };

std::string_view task_name(Task task);  // "label", "labels", "number"
std::optional<Task> find_task(std::string_view name);

// The unit in which a learner gives numbers: the number is offset + scale * what it gives. It is a unit of the answers;
// the items stay as they are.
struct NumberUnit {
  double offset = 0, scale = 1;  // finite, scale > 0

  double to_number(double answer) const { return offset + scale * answer; }
  double to_answer(double number) const { return (number - offset) / scale; }
  bool operator==(const NumberUnit&) const = default;
};

}  // namespace gulo
