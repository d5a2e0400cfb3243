"""What everybody may know of the service's state: work planned, disturbances, news."""
