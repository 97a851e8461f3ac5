from django.apps import AppConfig


class NurtureConfig(AppConfig):
    name = "nurture"

    def ready(self) -> None:
        """Connect the receivers of moves; add the filters and reports by program and content."""
        from leads.queries import handoff_filters, handoff_report, lead_filters
        from nurture import handoff_dimensions, receivers  # noqa: F401
        from nurture.program_filter import CARE, PROGRAM

        lead_filters.add(PROGRAM, after="topic")
        lead_filters.add(CARE, after="program")
        for filter in handoff_dimensions.FILTERS:
            handoff_filters.add(filter)
        for dimension in handoff_dimensions.DIMENSIONS:
            handoff_report.add(dimension)
