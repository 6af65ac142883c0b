"""CourseFlow: the back office and the classroom of a course business."""
