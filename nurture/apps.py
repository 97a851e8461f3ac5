from django.apps import AppConfig


class NurtureConfig(AppConfig):
    name = "nurture"

    def ready(self) -> None:
        """Connect the receivers of moves; add the filters and reports by program and content."""
        from leads.queries import care, handoff_filters, handoff_report, lead_filters
        from nurture import handoff_dimensions, receivers  # noqa: F401
        from nurture.program_filter import PROGRAM, in_program

        lead_filters.add(PROGRAM, after="topic")
        lead_filters.add(care.CARE, after="program")
        care.add("program", care.Way("In a program now", in_program))
        for filter in handoff_dimensions.FILTERS:
            handoff_filters.add(filter)
        for dimension in handoff_dimensions.DIMENSIONS:
            handoff_report.add(dimension)
