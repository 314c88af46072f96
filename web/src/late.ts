// All that the page loads after its first picture, in one file.

export { Attendance } from './attendance';
export { list } from './list';
export { orderDetails } from './order';
