#include "data/task.h"

namespace gulo {

std::string_view task_name(Task task) {
  switch (task) {
    case Task::kLabel:
      return "label";
    case Task::kLabels:
      return "labels";
    case Task::kNumber:
      return "number";
  }
  return "";
}

std::optional<Task> find_task(std::string_view name) {
  for (const Task task : {Task::kLabel, Task::kLabels, Task::kNumber})
    if (task_name(task) == name) return task;
  return std::nullopt;
}

}  // namespace gulo
