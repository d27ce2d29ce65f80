//! What can go wrong with equipment.

use problem::Problem;

#[derive(Debug, thiserror::Error)]
pub enum EquipmentError {
    #[error("there is no such studio, room or thing")]
    NotFound,
    #[error("the database failed")]
    Store(#[from] store::Error),
}

impl From<EquipmentError> for Problem {
    fn from(error: EquipmentError) -> Self {
        match error {
            EquipmentError::NotFound => Self::not_found(),
            EquipmentError::Store(error) => error.into(),
        }
    }
}
